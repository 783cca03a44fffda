/** What a task makes of the language's own functions changes nothing for others: the loop took what it needs before. */
import { describe, expect, test } from "vitest";
import { Executor, type TaskContext } from "../../mod.ts";
import { conformance } from "./backends.ts";

type Tasks = typeof import("./fixtures/replacing_tasks.ts");

const MODULE = new URL("./fixtures/replacing_tasks.ts", import.meta.url);

/** Methods of arrays; the runtimes themselves call `pop` and the iterator of an array. */
const ARRAYS =
  "push shift unshift slice splice map filter find some every forEach includes join flat flatMap entries keys values concat indexOf reduce reverse at fill sort"
    .split(" ").map((name) => `Array.prototype.${name}`);

/** By path; what ends with a dot stands for all methods of it. Vitest itself calls those of `Reflect` in processes of Node. */
const REPLACED = [
  ...[
    "Promise",
    "JSON",
    "structuredClone",
    "Error",
    "Map",
    "Set",
    "Array",
    "Float64Array",
    "Object",
    "String",
    "Number",
    "DOMException",
  ],
  ...[
    "AbortController",
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "performance.",
  ],
  ...[
    "Promise.",
    "Promise.prototype.",
    "JSON.",
    "Array.",
    ...ARRAYS,
    "Map.prototype.",
    "MapIterator.",
    "Set.prototype.",
  ],
  ...[
    "Object.",

    "String.prototype.",
    "Number.",
    "Math.",
    "RegExp.prototype.",
    "AbortController.prototype.",
  ],
  ...["TextEncoder.prototype.", "TextDecoder.prototype."],
];

// With "none", the caller would have taken them from itself.
describe.each(["thread", "process"] as const)('a worker on "%s"', (isolation) => {
  test("goes on when a task has replaced all that the language has", async () => {
    await using executor = new Executor<Tasks>(MODULE, { isolation, workers: 1, concurrency: 4 });
    const lost: unknown[] = [];
    executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
    expect(await executor.run("replace", REPLACED)).toBeGreaterThan(200);
    expect(await executor.run("soon", 1)).toBe(1);
    expect(await executor.run("late", 2)).toBe(2);
    const numbers = Array.from({ length: 100 }, (_, at) => at);
    expect(await executor.map("echo", numbers).toArray()).toEqual(numbers);
    expect(await executor.map("echo", numbers.map(String)).toArray()).toEqual(numbers.map(String));
    await expect(executor.run("fail")).rejects.toEqual({ message: "failed", list: [1, { deep: 1n }] });
    const error = await executor.run("failWithError").catch((error) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: "failed",
      status: 404,
      inner: { list: [expect.any(RangeError)] },
    });
    expect(await executor.run("returnError")).toEqual({
      error: expect.any(RangeError),
      bytes: new Uint8Array(3),
    });
    // What does not cross as it is.
    const packed = {
      map: new Map<unknown, unknown>([["key", new RangeError("in a map")]]),
      set: new Set([new TypeError("in a set"), 1]),
      view: new Float64Array(10_000).fill(7).subarray(3, 5),
    };
    expect(await executor.run("echo", packed)).toEqual(packed);
    expect(await executor.run("count", 5)).toEqual([0, 1, 2, 3, 4]);
    expect(await executor.flatMap("count", [2, 1]).toArray()).toEqual([0, 1, 0]);
    const read: unknown[] = [];
    for await (const value of executor.stream("count", 200)) read.push(value);
    expect(read).toHaveLength(200);
    const told: unknown[] = [];
    expect(typeof await executor.run("report", 7, { onProgress: (value) => told.push(value) })).toBe(
      "string",
    );
    expect(told).toEqual([7]);
    await new Promise<void>((resolve, reject) => {
      const handle = executor.submit("untilAborted", 0, {
        onProgress: () => handle.cancel(new Error("enough")),
      });
      handle.result.then(reject, (error) => error.message === "enough" ? resolve() : reject(error));
    });
    const encoding = { input: "json", output: "json" } as const;
    expect(await executor.run("echo", '{"a":[1]}', { encoding })).toBe('{"a":[1]}');
    // It also closes without a fault.
    await executor.close();
    expect(lost).toEqual([]);
  });

  test("knows its own records, whatever Object.prototype has", async () => {
    await using executor = new Executor<Tasks>(MODULE, { isolation, workers: 1 });
    await executor.run(() => {
      for (
        const name of [
          "kind",
          "number",
          "nested",
          "trace",
          "credit",
          "keyed",
          "each",
          "batch",
          "transfer",
          "refusal",
        ]
      ) {
        Object.defineProperty(Object.prototype, name, {
          value: "polluted",
          configurable: true,
          writable: true,
        });
      }
    });
    expect(await executor.run("echo", 1)).toBe(1);
    expect(await executor.map("echo", [1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    await expect(executor.run("failWithError")).rejects.toThrow("failed");
    const adds = async ({ n }: { n: number }, { add }: TaskContext) => {
      if (n === 1) await add({ n: 2 });
      return n;
    };
    expect(await executor.map(adds, [{ n: 1 }]).toArray()).toEqual([1, 2]);
    const encoding = { input: "json", output: "json" } as const;
    await executor.run(() => void Object.assign(Object.prototype, { more: { a: 1 } }));
    expect(await executor.run("echo", '{"b":{}}', { encoding })).toBe('{"b":{}}');
  });
});

conformance("a promise that throws when it is looked at", (start) => {
  test("fails its own task, and no neighbour", async () => {
    await using executor = start({ workers: 1, concurrency: 8 });
    const odd = (which: number) => {
      const promise = Promise.resolve(which);
      if (which === 1) {
        Object.defineProperty(promise, "constructor", {
          get() {
            throw new Error("constructor");
          },
        });
      } else if (which === 2) {
        // The second look at it throws.
        let looks = 0;
        Object.defineProperty(promise, "constructor", {
          get() {
            if (++looks > 1) throw new Error("constructor");
            return Promise;
          },
        });
      } else if (which === 3) {
        Object.defineProperty(promise, "constructor", { value: { [Symbol.species]: 5 } });
      } else if (which === 4) {
        return {
          then(): never {
            throw new Error("then");
          },
        };
      } else if (which === 5) {
        // It settles as often as it likes.
        return {
          then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
            resolve(which), reject(new Error("late")), resolve(6);
            throw new Error("later");
          },
        };
      }
      return promise;
    };
    const outcomes = await Promise.allSettled([
      ...[1, 2, 3, 4].map((which) => executor.run(odd, which)),
      executor.run(odd, 5),
      executor.run(odd, 6),
      executor.run("sleep", 20),
    ]);
    expect(outcomes.slice(0, 4).map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    expect(outcomes.slice(4)).toEqual([5, 6, 20].map((value) => ({ status: "fulfilled", value })));
    expect(executor.stats().inFlight).toBe(0);
  });
});

/** What a task makes of what the language, the runtime and user code share. Each case stands alone, on a worker of its own. */
const SHARED: Record<string, () => void> = {
  "a species of promises": () => void Object.defineProperty(Promise, Symbol.species, { get: () => 5 }),
  "a getter for the `then` of promises": () =>
    void Object.defineProperty(Promise.prototype, "then", {
      get() {
        throw new Error("taken away");
      },
    }),
  "how ports send": () => void Object.assign(MessagePort.prototype, { postMessage() {} }),
  "names of classes that throw": () => {
    const taken = {
      get() {
        throw new Error("taken away");
      },
    };
    for (const { prototype } of [Map, Set]) Object.defineProperty(prototype, Symbol.toStringTag, taken);
    Object.defineProperty(ArrayBuffer, Symbol.species, taken);
    Object.defineProperty(Error.prototype, "name", taken);
    Object.defineProperty(RegExp.prototype, "exec", taken);
  },
  "a method that all objects have": () =>
    void Object.assign(Object.prototype, { next: () => ({ value: 1, done: true }) }),
  "a getter that all objects have": () => {
    const taken = {
      configurable: true,
      get() {
        throw new Error("taken away");
      },
    };
    for (const name of ["next", "cause", "instead", "place", "request"]) {
      Object.defineProperty(Object.prototype, name, taken);
    }
  },
  "properties that all objects have": () => {
    const names = ["0", "error", "errno", "cause", "errors", "bytes", "copy", "nested", "properties"];
    for (const name of names) (Object.prototype as Record<string, unknown>)[name] = "polluted";
  },
  "listeners of the process": () =>
    void (globalThis as { process?: { removeAllListeners(): void } }).process?.removeAllListeners(),
  "the process": () => void Object.assign(globalThis, { process: undefined }),
};

describe.each(["thread", "process"] as const)(
  'a worker on "%s" goes on when a task has replaced',
  (isolation) => {
    // Deno itself reads the species in its loop of messages, and then loses the worker.
    const names = Object.keys(SHARED).filter((name) =>
      !("Deno" in globalThis && name.startsWith("a species"))
    );
    test.each(names)("%s", async (name) => {
      await using executor = new Executor<Tasks>(MODULE, { isolation, workers: 1, concurrency: 4 });
      const lost: unknown[] = [];
      executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
      await executor.run(SHARED[name]);
      const values = [
        [1, [2]],
        { a: [1] },
        new Map([["key", new RangeError("in a map")]]),
        new Set(["text"]),
      ];
      expect(await executor.map("soon", values).toArray()).toEqual(values);
      expect(await executor.run("count", 3)).toEqual([0, 1, 2]);
      expect(await executor.run("part")).toEqual(new Uint8Array(2));
      const error = await executor.run("failSoon").catch((error) => error);
      expect([error.message, error.cause, error.errors]).toEqual(["failed soon", undefined, undefined]);
      const buffer = new ArrayBuffer(9_000);
      const views = [new Uint8Array(buffer, 4, 2), new Uint8Array(buffer, 8, 2)];
      expect(await executor.run("echo", views)).toEqual(views);
      const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`);
      expect(await executor.map("echo", texts).toArray()).toEqual(texts);
      await expect(executor.run("giveFunction")).rejects.toMatchObject({ path: "result.inner[0]" });
      const handle = executor.submit("untilAborted", 0, {
        onProgress: () => handle.cancel(new Error("enough")),
      });
      await expect(handle.result).rejects.toThrow("enough");
      expect(lost).toEqual([]);
    });
  },
);

// In processes, the runtime itself asks for it.
test('a worker on "thread" goes on when a task has replaced what arrays, views and messages are read by', async () => {
  await using executor = new Executor<Tasks>(MODULE, { workers: 1, concurrency: 4 });
  const lost: unknown[] = [];
  executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
  await executor.run(() => {
    const taken = {
      get() {
        throw new Error("taken away");
      },
    };
    Object.defineProperty(Array, Symbol.species, taken);
    Object.defineProperty(Set.prototype, "size", taken);
    const views = Object.getPrototypeOf(Uint8Array.prototype);
    for (const name of ["buffer", "byteOffset", "byteLength"]) {
      Object.defineProperty(views, name, taken);
      Object.defineProperty(DataView.prototype, name, taken);
    }
    for (const name of ["byteLength", "resizable"]) Object.defineProperty(ArrayBuffer.prototype, name, taken);
    // Deno itself sets this property of each event.
    if ("data" in MessageEvent.prototype) Object.defineProperty(MessageEvent.prototype, "data", taken);
    // By these names, the worker would look for telemetry and memory.
    const realm = globalThis as Record<string, unknown>;
    for (const name of ["globalThis", "Deno"]) delete realm[name];
  });
  const mixed = [1, new Map([["key", new RangeError("in a map")]]), 3, new Uint8Array(9_000).subarray(4, 6)];
  expect(await executor.map("echo", mixed).toArray()).toEqual(mixed);
  await executor.close();
  expect(lost).toEqual([]);
});

// Deno measures the loop by its own clock once tasks have run for a while.
test('a worker on "thread" is measured on when a task has taken away the name globalThis', async () => {
  await using executor = new Executor<Tasks>(MODULE, { workers: 1, concurrency: 4 });
  const lost: unknown[] = [];
  executor.addEventListener("workerlost", ({ detail }) => lost.push(detail.error));
  const slept = executor.run(() => new Promise((resolve) => setTimeout(() => resolve("slept"), 400)));
  await executor.run(() => {
    const realm = globalThis as Record<string, unknown>;
    for (const name of ["globalThis", "Deno"]) delete realm[name];
  });
  expect(await slept).toBe("slept");
  await executor.close();
  expect(lost).toEqual([]);
});
