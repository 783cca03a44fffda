/** The events of an executor over a broker. */

import { expect, test } from "vitest";
import { RunEvents } from "../../../../lib/distributed/runner/run_events.ts";

test("notices from before the first listener are told to it, once", () => {
  const target = new EventTarget();
  const events = new RunEvents(target);
  const heard: string[] = [];
  const listen = () => {
    target.addEventListener("notice", (event) => heard.push((event as CustomEvent).detail.message));
    events.listened("notice");
  };
  events.notice("early");
  events.listened("retry");
  expect([heard, events.hearsRetries, events.hearsFailures]).toEqual([[], true, false]);
  listen();
  events.notice("late");
  expect(heard).toEqual(["early", "late"]);
});
