import { ask } from "../child.ts";
import { human, inTurns, median, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { Mix, MixOptions } from "../programs/mixed.ts";
import type { Bench, Finding, Row } from "../row.ts";
import type { Runtime } from "../runtimes.ts";

const WORKERS = 2;
const CONCURRENCY = 4;
const SLOTS = WORKERS * CONCURRENCY;

/** Tasks that wait among tasks that compute: how long the first kind is delayed, and whether a worker is ever idle. */
export const mixed: Row = {
  id: "7",
  title: `I/O-bound tasks among CPU-bound ones of 20 ms, on ${WORKERS} workers × ${CONCURRENCY}`,
  measure: (bench) => onEach(bench, (runtime) => measure(bench, runtime)),
};

async function measure({ rounds, size }: Bench, runtime: Runtime): Promise<Finding[]> {
  const length = size(20, 2);
  const turns = await ask<number>(runtime, "calibrate", { milliseconds: length });
  /** The numbers of tasks that compute at any time: from none to one in each slot. */
  const loads = size([0, 2, 4, SLOTS], [SLOTS]);
  const mixes = new Map<number, Mix[]>(loads.map((computing) => [computing, []]));
  const mix = async (computing: number) => {
    const options: MixOptions = { turns, computing, concurrency: CONCURRENCY, duration: size(2_000, 50) };
    const found = await ask<Mix>(runtime, "mixed", options);
    mixes.get(computing)!.push(found);
    return found.p99;
  };
  const idle = async (options: { wait: number; concurrency: number }) =>
    100 * await ask<number>(runtime, "idle", { turns, tasks: size(400, 40), ...options });
  const figures: Record<string, number[]> = await inTurns(Math.min(rounds, 3), {
    ...Object.fromEntries(loads.map((computing) => [computing, () => mix(computing)])),
    alone: () => idle({ wait: 0, concurrency: 1 }),
    among: () => idle({ wait: length, concurrency: CONCURRENCY }),
  });
  const worst = figures.alone.map((_, round) => Math.max(...loads.map((load) => figures[load][round])));
  return [
    {
      measure: "worst p99 by which I/O is held up / CPU task's length × slots",
      target: { atMost: 1 },
      unit: "×",
      ...spread(worst.map((held) => held / (length * SLOTS))),
      details: [...mixes].map(([computing, found]) => {
        const p50 = human(median(found.map(({ p50 }) => p50)));
        const p99 = human(median(found.map(({ p99 }) => p99)));
        return `${runtime.name}, ${computing} computing: I/O held up by p50 ${p50} ms, p99 ${p99} ms`;
      }),
    },
    {
      measure: "CPU-bound, concurrency 1: workers idle while tasks are pending",
      target: { atMost: 2 },
      unit: "%",
      ...spread(figures.alone),
    },
    {
      measure: `mixed, concurrency ${CONCURRENCY}: workers idle while tasks are pending`,
      target: { atMost: 2 },
      unit: "%",
      ...spread(figures.among),
    },
  ];
}
