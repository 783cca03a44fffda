/** Options at the door: one that does not exist, is of the wrong kind or out of its bounds is refused by name. */
import { afterAll, describe, expect, test } from "vitest";
import { Executor } from "../../mod.ts";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";

const EMPTY = "data:text/javascript,";
// deno-lint-ignore no-explicit-any -- what is wrong on purpose has no type
const any = (value: unknown): any => value;

describe("new Executor() refuses", () => {
  test.each<[unknown, string]>([
    [null, "Executor options must be an object, got null"],
    [4, "Executor options must be an object, got 4"],
    [["workers"], "Executor options must be an object, got an Array"],
    [{ worker: 4 }, "worker is no executor option: did you mean workers?"],
    [{ concurency: 4 }, "concurency is no executor option: did you mean concurrency?"],
    [{ timeOut: 1 }, "timeOut is no executor option: did you mean timeout?"],
    [{ timeuot: undefined }, "timeuot is no executor option: did you mean timeout?"],
    [{ maxThreads: 4 }, "maxThreads is no executor option: did you mean workers?"],
    [
      { concurrentTasksPerWorker: 4 },
      "concurrentTasksPerWorker is no executor option: did you mean concurrency?",
    ],
    [{ retries: 4 }, "retries is no executor option: did you mean retry.attempts?"],
    [{ signal: undefined }, "signal is no executor option: there are workers, concurrency, isolation"],
    [Object.create({ nothingOfTheKind: 1 }), "nothingOfTheKind is no executor option: there are workers,"],
    [{ workers: null }, "workers must be an object, got null"],
    [{ workers: "4" }, 'workers must be a whole number of at least 1, got "4"'],
    [{ workers: 1e6 }, "workers must be a whole number of at most 65536, got 1000000"],
    [{ workers: { max: 2, mix: 1 } }, "workers.mix is no option: did you mean workers.min?"],
    [{ workers: { max: null } }, "workers.max must be a whole number of at least 1, got null"],
    [{ concurrency: null }, "concurrency must be a whole number of at least 1, got null"],
    [{ concurrency: 1e300 }, "concurrency must be a whole number of at most 9007199254740991, got 1e+300"],
    [{ isolation: null }, 'isolation must be "thread" or "process" or "none", got null'],
    [{ timeout: null }, "timeout must be a number of milliseconds, 0 or more, got null"],
    [{ timeout: "30s" }, 'timeout must be a number of milliseconds, 0 or more, got "30s"'],
    [{ timeout: NaN }, "timeout must be a number of milliseconds, 0 or more, got NaN"],
    [{ priority: "1" }, 'priority must be a finite number, got "1"'],
    [{ retry: 3 }, "retry must be an object, got 3"],
    [{ retry: null }, "retry must be an object, got null"],
    [{ retry: { atempts: 3 } }, "retry.atempts is no option: did you mean retry.attempts?"],
    [{ retry: { retries: 3 } }, "retry.retries is no option: there are attempts, minDelay, maxDelay"],
    [{ retry: { factor: "2" } }, 'retry.factor must be a number, at least 1, got "2"'],
    [{ retry: { jitter: "0.5" } }, 'retry.jitter must be a number, from 0 to 1, got "0.5"'],
    [{ retry: { minDelay: null } }, "retry.minDelay must be a number of milliseconds, 0 or more, got null"],
    [{ recycle: 100 }, "recycle must be an object, got 100"],
    [{ recycle: { task: 100 } }, "recycle.task is no option: did you mean recycle.tasks?"],
    [{ recycle: { tasks: "1" } }, 'recycle.tasks must be a whole number of at least 1, got "1"'],
    [{ rate: 10 }, "rate must be an object, got 10"],
    [{ rate: { tasks: 0, perMs: 1 } }, "rate.tasks must be greater than 0, got 0"],
    [{ rate: { tasks: -1, perMs: 1 } }, "rate.tasks must be greater than 0, got -1"],
    [{ rate: { tasks: "10", perMs: 1 } }, 'rate.tasks must be a number greater than 0, got "10"'],
    [{ rate: { tasks: 10 } }, "rate.perMs must be a number greater than 0, got undefined"],
    [{ rate: { tasks: 10, perMS: 1 } }, "rate.perMS is no option: did you mean rate.perMs?"],
    [{ limitPer: () => 1 }, "limitPer must be an object, got a function"],
    [{ limitPer: { key: () => 1, max: 1 } }, "limitPer.max is no option: there are most, key"],
    [{ encoding: { in: "json" } }, "encoding.in is no option: there are input, output"],
    [{ permissions: { reed: true } }, "permissions.reed is no permission; there are read, write"],
    [{ permissions: { reed: true } }, "; did you mean permissions.read?"],
    [{ permissions: ["net"] }, 'permissions must be "inherit", "none" or an object, got an Array'],
    [{ denoOptions: "--config" }, 'denoOptions must be an array of strings, got "--config"'],
    [{ denoOptions: [1] }, "denoOptions must be an array of strings, got an Array"],
    [{ hooks: "no" }, 'hooks must be true or false, got "no"'],
    [{ tracing: 0 }, "tracing must be true or false, got 0"],
    [{ schema: null }, "schema must be a string, got null"],
  ])("%j: %s", (options, message) => {
    const make = () => new Executor(null, any(options));
    expect(make).toThrow(message);
  });

  test.each([[undefined, "undefined"], [0, "0"], [12, "12"], ["", "an empty path"], [{}, "[object Object]"]])(
    "%j as its module",
    (module, got) => {
      expect(() => new Executor(any(module))).toThrow(
        `The module must be a URL, a path, a function that starts a worker, or null for inline functions, got ${got}`,
      );
    },
  );
});

describe("an executor of tasks refuses, before anything runs,", () => {
  const executor = new Executor<Record<string, (input: number) => number>>(EMPTY, { isolation: "none" });
  afterAll(() => executor.close());
  const task = (n: number) => n;
  type Call = (options: unknown) => unknown;
  const calls: [string, Call][] = [
    ["run()", (options) => executor.run(task, 1, any(options))],
    ["submit()", async (options) => await executor.submit(task, 1, any(options)).result],
    ["stream()", async (options) => await executor.stream(task, 1, any(options)).next()],
    ["map()", async (options) => await executor.map(task, [1], any(options)).toArray()],
    ["broadcast()", (options) => executor.broadcast(task, 1, any(options))],
  ];
  const wrong: [unknown, RegExp][] = [
    ["abc", /ptions.* must be an object, got "abc"/],
    [null, /ptions.* must be an object, got null/],
    [1, /ptions.* must be an object, got 1/],
    [[], /ptions.* must be an object, got an Array/],
    [() => {}, /ptions.* must be an object, got a function/],
    [AbortSignal.abort(), /ptions.* must be an object, got an AbortSignal/],
    [Promise.resolve({}), /ptions.* must be an object, got a Promise/],
    [{ timeOut: 1 }, /timeOut is no .*option.*: did you mean timeout\?/],
    [{ abortSignal: 1 }, /abortSignal is no .*option.*: did you mean signal\?/],
    [{ signal: new AbortController() }, /signal must be an AbortSignal .*, got an AbortController/],
    [{ retry: { atempts: 1 } }, /retry\.atempts is no option: did you mean retry\.attempts\?/],
    [{ priority: Infinity }, /priority must be a finite number, got Infinity/],
  ];
  for (const [name, call] of calls) {
    test(`in ${name}, options that are none or wrong`, async () => {
      for (const [options, message] of wrong) {
        await expect((async () => await call(options))()).rejects.toThrow(message);
      }
      expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, succeeded: 0 });
    });
  }

  test.each<[string, (executor: Executor) => unknown, string]>([
    [
      "a key that is none",
      (ex) => ex.run(task, 1, any({ key: {} })),
      "key must be a string or a number, got an Object",
    ],
    ["NaN as a key", (ex) => ex.run(task, 1, { key: NaN }), "key must be a string or a number, got NaN"],
    [
      "transfer that is no list",
      (ex) => ex.run(task, 1, any({ transfer: 5 })),
      "transfer must be an array, got 5",
    ],
    [
      "text for ordered",
      (ex) => ex.map(task, [1], any({ ordered: "no" })),
      'ordered must be true or false, got "no"',
    ],
    [
      "a number for settled",
      (ex) => ex.map(task, [1], any({ settled: 1 })),
      "settled must be true or false, got 1",
    ],
    [
      "a controller as drain",
      (ex) => ex.map(task, [1], any({ drain: new AbortController() })),
      "drain must be an AbortSignal",
    ],
    [
      "no window",
      (ex) => ex.map(task, [1], { window: 0 }),
      "window must be a whole number of at least 1, got 0",
    ],
    [
      "onProgress in a map",
      (ex) => ex.map(task, [1], any({ onProgress() {} })),
      "onProgress is no option of map()",
    ],
    [
      "concurrency in a map",
      (ex) => ex.map(task, [1], any({ concurrency: 5 })),
      "concurrency is no option of map()",
    ],
    ["stopOnError in a map", (ex) => ex.map(task, [1], any({ stopOnError: false })), "did you mean settled?"],
    [
      "inputs of a map that are none",
      (ex) => ex.map(task, any(5)).toArray(),
      "The inputs of a map must be an iterable or an async iterable, got 5",
    ],
    [
      "a key in a broadcast",
      (ex) => ex.broadcast(task, 1, any({ key: 1 })),
      "key is no option of broadcast(): there are",
    ],
    [
      "tasks that are none",
      (ex) => ex.executeTasks(any({ task: "x" })),
      "The tasks of executeTasks() must be an iterable",
    ],
    [
      "an option of close() that there is not",
      (ex) => ex.close(any({ timeOut: 5 })),
      "timeOut is no option of close(): did you mean timeout?",
    ],
    ["a number for close()", (ex) => ex.close(any(5)), "Options of close() must be an object, got 5"],
    ["NaN for ready()", (ex) => ex.ready(NaN), "count must be a whole number of at least 1, got NaN"],
    ["-1 for ready()", (ex) => ex.ready(-1), "count must be a whole number of at least 1, got -1"],
    ["0 for ready()", (ex) => ex.ready(0), "count must be a whole number of at least 1, got 0"],
    [
      "half a worker for ready()",
      (ex) => ex.ready(1.5),
      "count must be a whole number of at least 1, got 1.5",
    ],
    ["text for ready()", (ex) => ex.ready(any("1")), 'count must be a whole number of at least 1, got "1"'],
  ])("%s", async (_, call, message) => {
    await expect((async () => await call(executor))()).rejects.toThrow(message);
    expect(executor.stats().workers).toEqual([]);
  });

  test("in executeTasks(), the one that is wrong, alone", async () => {
    const outcomes = await executor.executeTasks(any([
      { task, input: 1 },
      { task, input: 1, timeOut: 5 },
      { task, inputs: 1 },
      null,
    ]));
    expect(outcomes).toMatchObject([
      { value: 1 },
      { reason: { message: "timeOut is no task option: did you mean timeout?" } },
      { reason: { message: "inputs is no task option: did you mean input?" } },
      { reason: { message: "Task options must be an object, got null" } },
    ]);
  });
});

test("options of a class, and with inherited values, are taken", async () => {
  class Options {
    workers = 1;
    get isolation() {
      return "none" as const;
    }
  }
  await using executor = new Executor(null, new Options());
  expect(await executor.run((n: number) => n, 1, Object.create({ timeout: 10_000 }))).toBe(1);
});

describe("over a broker,", () => {
  const redis = "redis://127.0.0.1:1";
  test.each<[unknown, string]>([
    [undefined, "Options of an executor over a broker must be an object, got undefined"],
    [{ redis, chunksize: 5 }, "chunksize is no option of an executor over a broker: did you mean chunkSize?"],
    [{ redis, workers: 5 }, "workers is not available over a broker: it is an option of workers"],
    [{ redis, retry: { when: 5 } }, "retry.when must be a function, got 5"],
    [{ redis, retry: null }, "retry must be an object, got null"],
    [{ redis, timeout: "5" }, 'timeout must be a number of milliseconds, 0 or more, got "5"'],
    [{ redis, tracing: "no" }, 'tracing must be true or false, got "no"'],
  ])("new DistributedExecutor() refuses %j", (options, message) => {
    expect(() => new DistributedExecutor(EMPTY, any(options))).toThrow(message);
  });

  test("tasks, maps and close() refuse what is no option there", async () => {
    const executor = new DistributedExecutor(EMPTY, { redis });
    const cases: [() => unknown, string][] = [
      [() => executor.run("x", 1, any("abc")), 'Task options over a broker must be an object, got "abc"'],
      [
        () => executor.run("x", 1, any({ prioritee: 1 })),
        "prioritee is no task option over a broker: did you mean priority?",
      ],
      [() => executor.run("x", 1, any({ signal: 1 })), "signal must be an AbortSignal"],
      [
        () => executor.map("x", [1], any({ key: 1 })),
        "key is not available over a broker: any worker may take any task",
      ],
      [() => executor.map("x", [1], { window: 0 }), "window must be a whole number of at least 1, got 0"],
      [() => executor.map("x", any(5)).toArray(), "The inputs of a map must be an iterable"],
      [() => executor.flatMap("x", any(5)).toArray(), "The inputs of a map must be an iterable"],
      [() => executor.close(any({ timeOut: 1 })), "timeOut is no option of close(): did you mean timeout?"],
    ];
    for (const [call, message] of cases) {
      await expect((async () => await call())()).rejects.toThrow(message);
    }
    await executor.close();
  });

  test.each<[unknown, string]>([
    [{ redis, worker: 5 }, "worker is no option of serveTasks(): did you mean workers?"],
    [{ redis, timeout: 5 }, "timeout is no option of serveTasks()"],
    [{ redis, onNotice: "yes" }, 'onNotice must be a function, got "yes"'],
  ])("serveTasks() refuses %j", async (options, message) => {
    await expect(serveTasks(EMPTY, any(options))).rejects.toThrow(message);
  });
});
