/** `concurrency: "auto"`: what it finds on servers that are simulated, and that an executor follows it. */
import { describe, expect, test } from "vitest";
import { FIRST_LEVEL } from "../../lib/executor/options/resolve.ts";
import { AutoConcurrency, HIGHEST_LEVEL } from "../../lib/executor/queue/auto_concurrency.ts";
import { conformance } from "./backends.ts";
import { best, type ServerModel, simulate } from "./simulated_server.ts";

const LEVELS = [1, 2, 4, 8, 12, 16, 18, 20, 22, 24, 32, 48, 64, 128, 256];
const past40 = (power: number) => (inFlight: number) => 50 * Math.max(1, (inFlight / 40) ** power);

describe("within 20 % of the best fixed level, the way there included,", () => {
  test.each<[string, ServerModel]>([
    ["on a server that slows down past 40 in flight", { latency: past40(2) }],
    ["on one that gives no more from 40 on", { latency: past40(1) }],
    ["with requests that take from nearly nothing to twice the mean", { latency: past40(2), jitter: 0.95 }],
    ["with requests that all take the same", { latency: past40(2), jitter: 0 }],
    ["where half of the inputs fail, whatever the level", { latency: past40(2), failures: () => 0.5 }],
    ["on a server that does one at a time", { latency: (inFlight) => 20 * inFlight }],
    ["on one that has no limit below 400", {
      latency: (inFlight) => 200 * Math.max(1, (inFlight / 400) ** 2),
    }],
  ])("%s", (_, model) => {
    const { rate } = simulate(model, { ms: 40_000 });
    expect(rate).toBeGreaterThan(0.8 * best(model, LEVELS));
  });
});

test("never goes down by more than one step at once", () => {
  const model: ServerModel = { latency: past40(2), failures: (inFlight) => inFlight > 60 ? 0.8 : 0 };
  const { levels } = simulate(model, { ms: 60_000 });
  for (const [at, level] of levels.entries()) {
    const before = levels[at - 1] ?? FIRST_LEVEL;
    // A quarter; but a doubling that did not pay is taken back.
    if (level !== before / 2) expect(level).toBeGreaterThanOrEqual(Math.floor(before * 0.75));
  }
});

test("backs off when more tasks fail than before, and comes back when they do no longer", () => {
  const model: ServerModel = {
    latency: () => 50,
    failures: (inFlight, now) => now > 20_000 && now < 30_000 && inFlight > 12 ? 0.6 : 0,
  };
  const { levels } = simulate(model, { ms: 60_000 });
  const [before, during, after] = [levels[78], Math.min(...levels.slice(80, 124)), levels.at(-1)!];
  expect(during).toBeLessThan(before / 2);
  expect(after).toBeGreaterThan(2 * during);
});

test("backs off while the loops of workers run late", () => {
  const { levels } = simulate({ latency: () => 50, lag: (tasks) => tasks > 30 ? 150 : 0 }, { ms: 60_000 });
  const late = levels.slice(60).filter((level) => level > 40);
  expect(Math.max(...levels.slice(60))).toBeGreaterThanOrEqual(24);
  expect(late).toEqual([]);
});

test("says nothing of a time when there was too little to do, or workers came and went", () => {
  const auto = new AutoConcurrency();
  for (let at = 1; at < 200; at++) {
    const facts = { succeeded: at * 100, failed: 0, lastEnded: at * 250, lag: 0 };
    auto.take({ ...facts, workers: 1 + at % 2, saturated: true });
    expect(auto.take({ ...facts, workers: 1 + at % 2, saturated: at % 2 === 0 })).toBe(FIRST_LEVEL);
  }
});

test("goes on from a level that it is given, within its bounds", () => {
  const auto = new AutoConcurrency();
  auto.set(100);
  expect([auto.level, auto.settled]).toEqual([100, 100]);
  auto.set(0);
  expect(auto.level).toBe(1);
  auto.set(1e9);
  expect(auto.level).toBe(HIGHEST_LEVEL);
});

conformance('concurrency: "auto"', (start) => {
  test("grows on tasks that wait, and every one of them settles", async () => {
    await using executor = start({ concurrency: "auto" });
    expect(executor.concurrency).toBe(FIRST_LEVEL);
    const drain = new AbortController();
    let count = 0;
    const seen = new Set<number>();
    function* inputs() {
      for (;;) yield 10 + count % 10;
    }
    for await (const ms of executor.map("sleep", inputs(), { drain: drain.signal })) {
      expect(ms).toBeGreaterThanOrEqual(10);
      count++;
      seen.add(executor.stats().concurrency);
      if (executor.concurrency > FIRST_LEVEL) drain.abort();
    }
    expect(Math.max(...seen)).toBeGreaterThan(FIRST_LEVEL);
    expect(executor.stats()).toMatchObject({ succeeded: count, pending: 0, inFlight: 0 });
    executor.setConcurrency(3);
    expect([executor.concurrency, executor.stats().concurrency]).toEqual([3, 3]);
  });
});
