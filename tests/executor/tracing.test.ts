/** Spans of OpenTelemetry: one for each task, and what its body does is within it, on whatever worker. */
import { context, trace } from "@opentelemetry/api";
import { beforeEach, describe, expect, test } from "vitest";
import { Executor, type Isolation } from "../../mod.ts";
import { exporter } from "./fixtures/traced.ts";

const MODULE = new URL("./fixtures/traced.ts", import.meta.url);

/** The spans that ended, the first that began first. */
const spans = () =>
  exporter.getFinishedSpans().filter(({ instrumentationScope: { name } }) => name === "polyloop");

beforeEach(() => exporter.reset());

describe.each<Isolation>(["thread", "process", "none"])('with @opentelemetry/api, on "%s"', (isolation) => {
  const start = (tracing?: boolean) =>
    new Executor<typeof import("./fixtures/traced.ts")>(MODULE, {
      workers: 1,
      isolation,
      tracing,
    });

  test("run(): the body is in the task's span, and that in the one around the call", async () => {
    await using executor = start();
    const outer = trace.getTracer("test").startSpan("outer");
    const inside = await context.with(
      trace.setSpan(context.active(), outer),
      () => executor.run("parent", 1),
    );
    const [span, ...others] = spans();
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: "parent", parentSpanContext: { spanId: outer.spanContext().spanId } });
    expect(span.spanContext().spanId).toBe(inside);
    expect(span.attributes).toEqual({
      "code.function.name": "parent",
      "polyloop.task.id": 1,
      "polyloop.task.key": expect.stringMatching(/^[\d.]+-1$/),
      "polyloop.worker.id": 1,
      "polyloop.attempts": 1,
    });
  });

  test("map(): a span for each input, within that around the call, however late it is pulled", async () => {
    await using executor = start();
    const outer = trace.getTracer("test").startSpan("outer");
    const results = context.with(
      trace.setSpan(context.active(), outer),
      () => executor.map("parent", Array.from({ length: 100 }, (_, n) => n)),
    );
    const inside = await results.toArray();
    expect(new Set(inside).size).toBe(100);
    expect(new Set(spans().map((span) => span.spanContext().spanId))).toEqual(new Set(inside));
    expect(spans().every(({ parentSpanContext }) => parentSpanContext?.spanId === outer.spanContext().spanId))
      .toBe(
        true,
      );
    expect(
      spans().map(({ attributes }) => attributes["polyloop.input.index"]).sort((one, other) =>
        +one! - +other!
      ),
    )
      .toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  test("polyloop.task.key is what the body sees as context.key, in each attempt", async () => {
    await using executor = start();
    const key = await executor.run("keyOfSecond", 1, { retry: { attempts: 2, minDelay: 0 } });
    expect(spans().map(({ attributes }) => attributes["polyloop.task.key"])).toEqual([key]);
  });

  test("stream(): the generator is in it each time that it goes on", async () => {
    await using executor = start();
    const inside: unknown[] = [];
    for await (const id of executor.stream("parents", 50)) inside.push(id);
    const [span] = spans();
    expect(inside).toEqual(Array(50).fill(span.spanContext().spanId));
  });

  test("one span for all attempts, with an event for each that failed", async () => {
    await using executor = start();
    const inside = await executor.run("parentOfSecond", 1, { retry: { attempts: 2, minDelay: 0 } });
    const [span, ...others] = spans();
    expect(others).toEqual([]);
    expect(span.spanContext().spanId).toBe(inside);
    expect(span.attributes["polyloop.attempts"]).toBe(2);
    expect(span.attributes["error.type"]).toBeUndefined();
    expect(span.events).toMatchObject([{
      name: "attempt failed",
      attributes: {
        "polyloop.attempt": 1,
        "error.type": "Error",
        "exception.type": "Error",
        "exception.message": "the first",
        "exception.stacktrace": expect.stringContaining("parentOfSecond"),
      },
    }]);
  });

  test("a task that fails says so and why; one that never started has none", async () => {
    await using executor = start();
    const handle = executor.submit("parent", 1);
    handle.cancel("no more");
    await expect(handle.result).rejects.toBe("no more");
    await expect(executor.run("fail")).rejects.toThrow("no");
    const [span, ...others] = spans();
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: "fail", status: { code: 2, message: "RangeError: no" } });
    expect(span.attributes["error.type"]).toBe("RangeError");
    expect(span.events).toMatchObject([{
      name: "exception",
      attributes: { "exception.type": "RangeError", "exception.message": "no" },
    }]);
  });

  test("a thrown object says what is in it", async () => {
    await using executor = start();
    await expect(executor.run("failWith", { code: 42, list: [1n] })).rejects.toMatchObject({ code: 42 });
    const [span] = spans();
    const message = '{"code":42,"list":["1n"]}';
    expect(span).toMatchObject({ status: { code: 2, message }, attributes: { "error.type": "Object" } });
    expect(span.events[0].attributes).toEqual({ "exception.type": "Object", "exception.message": message });
  });

  test("none without `tracing`", async () => {
    await using executor = start(false);
    expect(await executor.run("parent", 1)).toBeUndefined();
    expect(spans()).toEqual([]);
  });
});
