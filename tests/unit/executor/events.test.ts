/** The events of an executor, and what the console says of them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Events } from "../../../lib/executor/events.ts";

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  for (const method of ["warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words.join(" ")));
  }
});
afterEach(() => void vi.restoreAllMocks());

test("an event that nobody prevents is printed, some of them only once", () => {
  const events = new Events(new EventTarget());
  for (let time = 0; time < 2; time++) {
    events.retryAfterUnknown({ taskId: 1, task: "any", retryAfter: "soon" });
    events.threadStuck(1, "process");
    events.teardownFailed(1, "why");
  }
  expect(printed).toEqual([
    expect.stringContaining("retryAfter is ignored"),
    expect.stringContaining("From now on, tasks run in processes"),
    "polyloop: teardown failed: why",
    "polyloop: teardown failed: why",
  ]);
});

test("a listener that prevents the default is all that hears of it", () => {
  const target = new EventTarget();
  const heard: string[] = [];
  for (const type of ["retryafterunknown", "threadstuck", "teardownfailed"]) {
    target.addEventListener(type, (event) => {
      event.preventDefault();
      heard.push(type);
    });
  }
  const events = new Events(target);
  events.retryAfterUnknown({ taskId: 1, task: "any", retryAfter: "soon" });
  events.threadStuck(1, "thread");
  events.teardownFailed(1, "why");
  expect(printed).toEqual([]);
  expect(heard).toEqual(["retryafterunknown", "threadstuck", "teardownfailed"]);
});
