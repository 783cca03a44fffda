import { expect, test } from "vitest";
import { coreTimers } from "../../../lib/wire/core_timers.ts";

test("Deno has timers from the start", () => {
  expect(coreTimers !== undefined).toBe("Deno" in globalThis);
});

test.runIf(coreTimers)("they fire in order, repeat, and are cleared", async () => {
  const { setTimeout, setInterval, clearTimeout } = coreTimers!;
  const events: string[] = [];
  await new Promise<void>((done) => {
    const cleared = setTimeout(() => events.push("cleared"), 1);
    setTimeout(() => events.push("first"));
    setTimeout(() => clearTimeout(late), 2);
    const late = setTimeout(() => events.push("late"), 100);
    const ticking = setInterval(() => {
      events.push("tick");
      if (events.filter((event) => event === "tick").length === 2) done(clearTimeout(ticking));
    }, 4);
    clearTimeout(cleared);
    clearTimeout(undefined);
  });
  expect(events).toEqual(["first", "tick", "tick"]);
});
