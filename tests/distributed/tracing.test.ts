/** Spans cross the broker: what a worker does belongs to the span in which its producer was. */
import { context, trace } from "@opentelemetry/api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistributedExecutor, serveTasks, type TaskServer } from "../../lib/distributed/mod.ts";
import { startCollector } from "../cli/collector.ts";
import { exporter } from "../executor/fixtures/traced.ts";
import { Machines, TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

const MODULE = new URL("../executor/fixtures/traced.ts", import.meta.url);

let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
});

/** The spans of tasks that ended. */
const spans = () =>
  exporter.getFinishedSpans().filter(({ instrumentationScope: { name } }) => name === "polyloop");

function within<T>(name: string, call: () => T) {
  const span = trace.getTracer("test").startSpan(name);
  return { id: span.spanContext().spanId, value: context.with(trace.setSpan(context.active(), span), call) };
}

describe("with @opentelemetry/api", () => {
  let server: TaskServer;
  const start = (tracing?: boolean) =>
    new DistributedExecutor<typeof import("../executor/fixtures/traced.ts")>(MODULE, {
      redis: redis.url,
      tracing,
    });

  beforeAll(async () => {
    server = await serveTasks(MODULE, { redis: redis.url, workers: 1, concurrency: 4 });
  });
  afterAll(() => server.close());
  beforeEach(() => exporter.reset());

  test("run(): each call's task is in the span around the call, and its body in that", async () => {
    await using executor = start();
    const calls = ["a", "b", "a"].map((name) => within(name, () => executor.run("parent", 1)));
    const inside = await Promise.all(calls.map(({ value }) => value));
    expect(new Set(inside).size).toBe(3);
    const parents = new Map(
      spans().map((span) => [span.spanContext().spanId, span.parentSpanContext?.spanId]),
    );
    expect(inside.map((id) => parents.get(id!))).toEqual(calls.map(({ id }) => id));
  });

  test("polyloop.task.id counts the inputs of a run, and not what its worker ran before", async () => {
    const runs: (string | number)[][] = [];
    for (let n = 0; n < 2; n++) {
      exporter.reset();
      await using executor = start();
      await within("map", () => executor.map("keyOfSecond", [7, 8], { retry: { attempts: 2, minDelay: 0 } }))
        .value
        .toArray();
      const attributes = spans().map(({ attributes }) => attributes);
      expect(attributes.map((one) => one["polyloop.task.id"]).sort()).toEqual([1, 2]);
      expect(attributes.map((one) => one["polyloop.input.index"]).sort()).toEqual([0, 1]);
      expect(new Set(attributes.map((one) => one["polyloop.run.id"]))).toEqual(new Set([executor.runName]));
      runs.push(attributes.map((one) => one["polyloop.task.key"] as string));
    }
    expect(new Set(runs.flat()).size).toBe(4);
  });

  test("polyloop.task.key is the key that the body sees", async () => {
    await using executor = start();
    const key = await executor.run("keyOfSecond", 1, { retry: { attempts: 2, minDelay: 0 } });
    expect(spans().map(({ attributes }) => attributes["polyloop.task.key"])).toEqual([key]);
  });

  test("map(): so are all of its inputs, however late they are pulled", async () => {
    await using executor = start();
    const { id, value } = within("map", () => executor.map("parent", Array(300).fill(0)));
    const inside = await value.toArray();
    expect(new Set(inside).size).toBe(300);
    expect(new Set(spans().map((span) => span.spanContext().spanId))).toEqual(new Set(inside));
    expect(new Set(spans().map((span) => span.parentSpanContext?.spanId))).toEqual(new Set([id]));
  });

  test("outside of any span, and without `tracing`, they have none around them", async () => {
    await using plain = start();
    await plain.run("parent", 1);
    await using silent = start(false);
    await within("unseen", () => silent.run("parent", 1)).value;
    expect(spans().map((span) => span.parentSpanContext)).toEqual([undefined, undefined]);
  });
});

test("tasks on another machine belong to the run, and say which of its inputs they have", async () => {
  await using collector = await startCollector();
  await using machines = new Machines(redis.url, 40);
  const env = { ...collector.env, POLYLOOP_TEST_FETCH: collector.url };
  const worker = machines.start(["worker", TASKS, "-A", "-j", "1", "--queue", "traced"], { env });
  await worker.says("serves");
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const traced = { ...env, TRACEPARENT: `00-${traceId}-${spanId}-01` };
  // With a journal and without one: keys are made in another way.
  for (const more of [[], ["--journal", machines.path("journal")]]) {
    const input = ["--queue", "traced", "-i", machines.path("in.jsonl"), ...more];
    const run = machines.start(["run", `${TASKS}#fetchTrace`, ...input], { env: traced });
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    // What the servers that tasks call are told leads there as well.
    const told = stdout.trim().split("\n").map((line) =>
      JSON.parse(JSON.parse(line)).traceparent.split("-")[1]
    );
    expect(told).toEqual(Array(40).fill(traceId));
  }
  // Spans leave a worker when it ends.
  worker.signal("SIGTERM");
  await worker.ended;
  const runs = collector.own.filter(({ name }) => name === "polyloop run");
  expect(runs).toHaveLength(2);
  expect(collector.tasks).toHaveLength(80);
  for (const run of runs) {
    expect(run).toMatchObject({ traceId, parentSpanId: spanId });
    const tasks = collector.tasks.filter(({ parentSpanId }) => parentSpanId === run.spanId);
    expect(tasks.map(({ attributes }) => attributes)).toMatchObject(
      Array.from({ length: 40 }, (_, index) => ({
        "polyloop.run.id": run.attributes["polyloop.run.id"],
        "polyloop.task.id": index + 1,
        "polyloop.input.index": index,
        "polyloop.input.line": index + 1,
        "polyloop.input.file": machines.path("in.jsonl"),
      })),
    );
    expect(new Set(tasks.map(({ attributes }) => attributes["polyloop.task.key"])).size).toBe(40);
  }
  const fetches = collector.spans.filter(({ kind, name }) => kind === 3 && name === "GET");
  const tasks = new Set(collector.tasks.map(({ spanId }) => spanId));
  expect(fetches.filter(({ parentSpanId }) => tasks.has(parentSpanId))).toHaveLength(80);
});
