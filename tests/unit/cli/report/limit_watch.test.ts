/** What limits a run at a moment, by what its watch sees, on a clock of the test's own. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LimitTimes } from "../../../../lib/cli/report/recording/limit_times.ts";
import { LimitWatch, type RunView } from "../../../../lib/cli/report/limit_watch.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

type Pressure = ReturnType<RunView["pressure"]>;

/** Milliseconds by limit of a run of three seconds. `busy` is the part of the time in which loops are busy, as workers report it. */
function watch(
  { limit, busy, waitsFor }: {
    limit: Pressure["limit"];
    busy?: number;
    waitsFor?: ReturnType<RunView["waitsFor"]>;
  },
) {
  const begun = performance.now();
  const now = () => performance.now() - begun;
  const times = new LimitTimes();
  const loops = () => busy === undefined ? { busy: 0, watched: 0 } : { busy: busy * now(), watched: now() };
  const one = new LimitWatch({
    now,
    pressure: () => ({ limit, loops: loops() }),
    waitsFor: () => waitsFor,
  }, times);
  vi.advanceTimersByTime(3_000);
  one.stop();
  return times.sums();
}

test.each<[string, Parameters<typeof watch>[0], string]>([
  ["slots, whose loops are idle", { limit: "slots", busy: 0.2 }, "slots"],
  ["slots, whose loops are busy", { limit: "slots", busy: 0.9 }, "cpu"],
  ["slots, whose workers do not report because bodies block their loops", { limit: "slots" }, "cpu"],
  ["a rate, though loops are busy", { limit: "rate", busy: 0.9 }, "rate"],
  ["delays of retries, while the input is slow", { limit: "retries", waitsFor: "input" }, "input"],
  ["no limit, while the output is slow", { limit: undefined, waitsFor: "output" }, "output"],
  ["no limit, and the last tasks compute", { limit: undefined, busy: 0.9 }, "cpu"],
  ["no limit, and the last tasks wait", { limit: undefined, busy: 0.1 }, "end"],
])("%s", (_, view, expected) => {
  expect(Object.keys(watch(view))[0]).toBe(expected);
});
