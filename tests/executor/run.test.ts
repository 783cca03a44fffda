/** Conformance: what a single task is given, returns and throws. */
import { expect, test } from "vitest";
import { ExecutorClosedError, TaskCloneError, type TaskContext, TaskNotFoundError } from "../../mod.ts";
import { conformance } from "./backends.ts";

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

conformance("run()", (start) => {
  test("resolves with what an async function returns", async () => {
    await using executor = start();
    const value = { list: [1, 2n], map: new Map([["a", new Date(0)]]), none: undefined };
    expect(await executor.run("echo", value)).toEqual(value);
  });

  test("resolves with what a sync function, a thenable and a default export return", async () => {
    await using executor = start();
    expect(await executor.run("echoSync", 7)).toBe(7);
    expect(await executor.run("thenable", 8)).toBe(8);
    expect(await executor.run("default", "you")).toBe("Hello, you");
  });

  test("resolves with the array of what a generator yields", async () => {
    await using executor = start();
    expect(await executor.run("numbers", 3)).toEqual([0, 1, 2]);
    expect(await executor.run("letters", "abc")).toEqual(["a", "b", "c"]);
  });

  test("gives the task its context", async () => {
    await using executor = start({ workerData: { key: "value" } });
    const handle = executor.submit("contextFacts", undefined);
    const facts = await handle.result;
    expect(facts).toMatchObject({
      taskId: handle.id,
      attempt: 1,
      workerData: { key: "value" },
      aborted: false,
    });
    expect(facts.workerId).toBeGreaterThan(0);
  });

  test("runs a function that is handed over, whatever its form", async () => {
    await using executor = start();
    const object = {
      async method(n: number) {
        return await n + 1;
      },
      *many(n: number) {
        yield n;
        yield n + 1;
      },
    };
    expect(await executor.run((n: number, _: unknown, extra = 1) => n + extra, 1)).toBe(2);
    expect(await executor.run(async (n: number) => await n * 2, 21)).toBe(42);
    expect(await executor.run(object.method, 1)).toBe(2);
    expect(await executor.run(object.many, 1)).toEqual([1, 2]);
    expect(
      await executor.run(function named(n: number) {
        return n;
      }, 3),
    ).toBe(3);
  });

  test("rejects a function that has no source of its own", async () => {
    await using executor = start();
    expect(await rejection(executor.run(Math.abs, 1))).toMatchObject({
      name: "TypeError",
      message: /no source/,
    });
    expect(await rejection(executor.run(fail.bind(null), 1))).toMatchObject({ name: "TypeError" });
    function fail() {}
  });

  test("rejects with the error that was thrown: class, name, cause, own properties and the task's stack", async () => {
    await using executor = start();
    const error = await rejection(executor.run("fail", "subclass")) as TypeError & Record<string, unknown>;
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ name: "HttpError", message: "status 503", status: 503 });
    expect(error.headers).toEqual(new Map([["retry-after", "3"]]));
    expect(error.cause).toBeInstanceOf(RangeError);
    expect((error.cause as Error).message).toBe("the cause");
    expect(error.stack?.split("\n")[1]).toMatch(/tasks\.ts/);
  });

  test("rejects with whatever else was thrown", async () => {
    await using executor = start();
    expect(await rejection(executor.run("fail", "string"))).toBe("just a string");
    expect(await rejection(executor.run("fail", "undefined"))).toBe(undefined);
    expect(await rejection(executor.run("fail", "null"))).toBe(null);
    expect(await rejection(executor.run("fail", "function"))).toMatch(/a function/);
    const aggregate = await rejection(executor.run("fail", "aggregate")) as AggregateError;
    expect(aggregate).toBeInstanceOf(AggregateError);
    expect(aggregate.errors).toEqual([new Error("one"), "two"]);
    expect(await rejection(executor.run("fail", "dom"))).toMatchObject({
      name: "TimeoutError",
      message: "not now",
    });
    expect(await rejection(executor.run("fail", "circular"))).toMatchObject({ message: "circular" });
    const odd = await rejection(executor.run("fail", "unclonable property"));
    expect(odd).toMatchObject({ message: "with a socket", code: "ECONN" });
    expect(odd).not.toHaveProperty("socket");
  });

  test("rejects with what can be read of what was thrown, and the worker goes on", async () => {
    await using executor = start({ workers: 1 });
    const calls = [
      executor.run(() => {
        throw { toJSON: () => new TypeError("inside") };
      }),
      executor.run(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw new Map<unknown, unknown>([["status", 404], ["response", proxy]]);
      }),
      executor.run(() => {
        throw {
          status: 404,
          get body() {
            throw new Error("cannot be read");
          },
          get [Symbol.toStringTag]() {
            throw new Error("cannot be read");
          },
        };
      }),
      executor.run(() => {
        throw Object.assign(new Error("busy"), { code: 5, retry: Promise.reject(new Error("not handled")) });
      }),
      executor.run("sleep", 20),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.slice(0, 4)).toMatchObject([
      { reason: { name: "TypeError", message: "inside" } },
      { reason: new Map([["status", 404]]) },
      { reason: { status: 404 } },
      { reason: { message: "busy", code: 5 } },
    ]);
    expect(outcomes[4].status).toBe("fulfilled");
  });

  test("rejects a result with promises that reject, and the worker and its tasks go on", async () => {
    await using executor = start({ workers: 1 });
    const later = executor.run(async (_: unknown, { workerId }: TaskContext) => {
      // Longer than the promise below takes, by the timers of one loop.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return workerId;
    });
    const careless = () => [
      Promise.reject(new Error("at once")),
      new Map([["x", new Promise((_, reject) => setTimeout(() => reject(new Error("later")), 5))]]),
    ];
    expect(await rejection(executor.run(careless))).toMatchObject({
      name: "TaskCloneError",
      path: "result[0]",
    });
    function* yields() {
      yield Promise.reject(new Error("yielded"));
    }
    expect(await rejection(Array.fromAsync(executor.stream(yields)))).toBeInstanceOf(TaskCloneError);
    expect(await later).toBe(await executor.run((_: unknown, { workerId }: TaskContext) => workerId));
  });

  test("rejects one input or result that cannot be cloned, and none of its neighbours", async () => {
    await using executor = start();
    const inputs: unknown[] = Array.from({ length: 100 }, (_, i) => i);
    inputs[37] = () => 1;
    inputs[61] = Symbol("s");
    const outcomes = await Promise.allSettled(inputs.map((input) => executor.run("echo", input)));
    const failed = outcomes.flatMap((outcome, i) => outcome.status === "rejected" ? [i] : []);
    expect(failed).toEqual([37, 61]);
    expect(await rejection(executor.run("echo", inputs[37]))).toBeInstanceOf(TaskCloneError);
    expect(await rejection(executor.run("echo", inputs[37]))).toMatchObject({ direction: "input" });

    const kinds = ["plain", "nested", "symbol", "getter"];
    const results = await Promise.allSettled([
      ...kinds.map((kind) => executor.run("unclonable", kind)),
      ...inputs.slice(0, 30).map((input) => executor.run("echo", input)),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      ...kinds.map(() => "rejected"),
      ...inputs.slice(0, 30).map(() => "fulfilled"),
    ]);
    expect(await rejection(executor.run("unclonable", "plain"))).toMatchObject({
      name: "TaskCloneError",
      direction: "result",
    });
  });

  test("names the tasks there are when it is asked for one that is not there", async () => {
    await using executor = start();
    for (const name of ["nothere", "__proto__", "constructor", "toString", "HttpErro"]) {
      const error = await rejection(executor.run(name as "echo", 1)) as TaskNotFoundError;
      expect(error).toBeInstanceOf(TaskNotFoundError);
      expect(error).toMatchObject({ task: name, module: expect.stringMatching(/tasks\.ts$/) });
      expect(error.exports).toContain("sleep");
      expect(error.message).toContain("sleep");
    }
  });

  test("a class is no task, and the error says that it is one", async () => {
    await using executor = start();
    expect(await executor.ready()).not.toContain("HttpError");
    const error = await rejection(executor.run("HttpError" as "echo", 1)) as TaskNotFoundError;
    expect(error).toBeInstanceOf(TaskNotFoundError);
    expect(error.found).toBe("a class, not a function");
    expect(error.exports).not.toContain("HttpError");
  });

  test("moves a buffer in and out without a copy", async () => {
    await using executor = start();
    const buffer = new ArrayBuffer(1 << 20);
    const back = await executor.run("bounce", buffer, { transfer: [buffer] });
    expect(buffer.byteLength).toBe(0);
    expect(back.byteLength).toBe(1 << 20);
  });

  test("hands on progress, in order and before the result", async () => {
    await using executor = start();
    const seen: unknown[] = [];
    const result = await executor.run("count", 5, { onProgress: (value) => seen.push(value) });
    expect([...seen, result]).toEqual([1, 2, 3, 4, 5, 5]);
    expect(await executor.run("count", 5)).toBe(5);
  });

  test("takes and returns text where it is asked to", async () => {
    await using executor = start();
    const json = { encoding: { input: "json", output: "json" } } as const;
    expect(await executor.run("echo", '{"a": [1, 2]}', json)).toBe('{"a":[1,2]}');
    expect(await executor.run("echoSync", "null", json)).toBe("null");
    expect(await executor.run(() => undefined, "1", json)).toBe("null");
    expect(await executor.run("shout", "abc", { encoding: { input: "text", output: "text" } })).toBe("ABC");
    expect(await executor.run("echo", "[1]", { encoding: { input: "json", output: "text" } })).toBe("[1]");
    const broken = await rejection(executor.run("echo", "{", json));
    expect(broken).toMatchObject({ name: "TaskInputError", message: /not valid JSON/ });
    const bytes = await rejection(executor.run("echo", new Uint8Array([0xff]), json));
    expect(bytes).toMatchObject({ name: "TaskInputError", message: /not valid UTF-8/ });
    expect(await rejection(executor.run(() => 1n, "1", json))).toMatchObject({ name: "TaskCloneError" });
    expect(await rejection(executor.run("unclonable", '"plain"', json))).toMatchObject({
      name: "TaskCloneError",
    });
  });

  test("rejects after close()", async () => {
    const executor = start();
    await executor.run("echo", 1);
    await executor.close();
    expect(await rejection(executor.run("echo", 1))).toBeInstanceOf(ExecutorClosedError);
    expect(await rejection(executor.submit("echo", 1).result)).toBeInstanceOf(ExecutorClosedError);
  });
});

conformance("executeTasks()", (start) => {
  test("resolves with what became of each task, in order", async () => {
    await using executor = start();
    const outcomes = await executor.executeTasks([
      { task: "echo", input: 1 },
      { task: "fail", input: "no" },
      { task: "letters", input: "ab" },
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: { message: "no" } },
      { status: "fulfilled", value: ["a", "b"] },
    ]);
  });
});

conformance("broadcast()", (start) => {
  test("runs once on every worker", async () => {
    await using executor = start({ workers: 3 });
    const ids = await executor.broadcast("workerId");
    expect(new Set(ids).size).toBe(3);
  });
});
