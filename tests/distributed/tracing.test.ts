/** Spans cross the broker: what a worker does belongs to the span in which its producer was. */
import { context, trace } from "@opentelemetry/api";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DistributedExecutor, serveTasks, type TaskServer } from "../../lib/distributed/mod.ts";
import { startCollector } from "../cli/collector.ts";
import { exporter } from "../executor/fixtures/traced.ts";
import { isDeno } from "../program.ts";
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

test.runIf(isDeno)("TRACEPARENT around a run is what tasks on another machine belong to", async () => {
  await using collector = await startCollector();
  await using machines = new Machines(redis.url, 40);
  const env = { ...collector.env, POLYLOOP_TEST_FETCH: collector.url };
  const worker = machines.start(["worker", TASKS, "-A", "-j", "1", "--queue", "traced"], { env });
  await worker.says("serves");
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const traced = { ...env, TRACEPARENT: `00-${traceId}-${spanId}-01` };
  const run = machines.start([
    "run",
    `${TASKS}#fetchTrace`,
    "--queue",
    "traced",
    "-i",
    machines.path("in.jsonl"),
  ], {
    env: traced,
  });
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  // Spans leave a process when it ends.
  worker.signal("SIGTERM");
  await worker.ended;
  const tasks = collector.spans.filter(({ scope }) => scope === "polyloop");
  expect(tasks).toHaveLength(40);
  expect(tasks.every((span) => span.traceId === traceId && span.parentSpanId === spanId)).toBe(true);
  // What the servers that tasks call are told leads there as well.
  const told = stdout.trim().split("\n").map((line) => JSON.parse(line).split("-")[1]);
  expect(told).toEqual(Array(40).fill(traceId));
});
