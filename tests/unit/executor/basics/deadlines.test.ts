/** Many deadlines, few timers. */
import { expect, test, vi } from "vitest";
import { Deadlines } from "../../../../lib/executor/basics/deadlines.ts";

test("Deadlines expire in order, forget what was deleted, and hold no timer when empty", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const expired: string[] = [];
    const deadlines = new Deadlines<string>((item) => expired.push(item));
    deadlines.add("slow", 100);
    deadlines.add("a", 10);
    vi.advanceTimersByTime(5);
    deadlines.add("b", 10);
    deadlines.add("gone", 10);
    deadlines.add("never", Infinity);
    deadlines.delete("gone", 10);
    vi.advanceTimersByTime(5);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(5);
    expect(expired).toEqual(["a", "b"]);
    deadlines.delete("slow", 100);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
