import { expect, test, vi } from "vitest";
import type { BullQueue } from "../../../../lib/distributed/broker/bullmq.ts";
import { metricsOf } from "../../../../lib/distributed/server/metrics.ts";

const stats = {
  chunks: 2,
  chunksEnded: { completed: 7, failed: 1 },
  rejected: 3,
  executor: {
    ...{ succeeded: 40, failed: 2, retries: 5, pending: 6, inFlight: 4, utilization: 0.5, stuckThreads: 0 },
    workers: [{}, {}],
    runTime: { p50: 20, p99: Infinity },
  },
};
const facts = { id: 'h"\\1', labels: [], slots: 8, isReady: true, stats: () => stats };
const server = facts as never;

const queue = (text: string) =>
  ({ exportPrometheusMetrics: () => Promise.resolve(text) }) as unknown as BullQueue;

/** A broker with these queues and no run. */
const broker = (...queues: BullQueue[]) => ({ queues, runs: () => Promise.resolve([]) });

const HEAD = "# HELP bullmq_job_count Jobs\n# TYPE bullmq_job_count gauge";

test("a figure has its help and type, its worker as a label, and a number in any case", async () => {
  const lines = (await metricsOf(server, undefined)).split("\n");
  expect(lines).toContain('polyloop_tasks_succeeded_total{worker="h\\"\\\\1"} 40');
  expect(lines).toContain('polyloop_task_seconds_p50{worker="h\\"\\\\1"} 0.02');
  expect(lines).toContain('polyloop_task_seconds_p99{worker="h\\"\\\\1"} 0');
  expect(lines).toContain("# TYPE polyloop_tasks_succeeded_total counter");
  const labelled = await metricsOf({ ...facts, labels: ["big", "gpu"] } as never, undefined);
  expect(labelled).toContain('polyloop_slots{worker="h\\"\\\\1",labels="big,gpu"} 8\n');
  expect(lines).toContain("# TYPE polyloop_slots gauge");
  expect(lines.at(-1)).toBe("");
});

test("each figure of both queues has one head, before all of its samples", async () => {
  const text = await metricsOf(
    server,
    broker(
      queue(`${HEAD}\nbullmq_job_count{queue="a"} 1\n\n`),
      queue(`bullmq_other 9\n${HEAD}\nbullmq_job_count{queue="b"} 2\n`),
    ),
  );
  expect(text.split("\n").slice(0, 5)).toEqual([
    ...HEAD.split("\n"),
    'bullmq_job_count{queue="a"} 1',
    'bullmq_job_count{queue="b"} 2',
    "bullmq_other 9",
  ]);
});

test("counts that BullMQ does not keep are left out", async () => {
  const text = await metricsOf(
    server,
    broker(queue("bullmq_job_completed_total 0\nbullmq_job_failed_total 0\n")),
  );
  expect(text).not.toContain("bullmq_");
  expect(text).toContain('polyloop_job_chunks_completed_total{worker="h\\"\\\\1"} 7');
});

test("the backlog is the inputs without an outcome of all runs of the module", async () => {
  const runs = () => Promise.resolve([{ waiting: 30, inFlight: 12 }, { waiting: 0, inFlight: 1 }]);
  const text = await metricsOf(server, { queues: [], runs });
  expect(text).toContain('\npolyloop_backlog_inputs{worker="h\\"\\\\1"} 43\n');
  expect(text).toContain('\npolyloop_ready{worker="h\\"\\\\1"} 1\n');
});

test.each([
  ["answers with an error", () => Promise.reject(new Error("READONLY"))],
  ["does not answer", () => new Promise<never>(() => {})],
])("a broker that %s takes none of the worker's own figures away", async (_, answer) => {
  vi.useFakeTimers();
  try {
    const text = metricsOf(server, { queues: [], runs: answer });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await text).toContain("polyloop_tasks_succeeded_total");
    expect(await text).not.toContain("backlog");
  } finally {
    vi.useRealTimers();
  }
});
