import { describe, expect, test } from "vitest";
import { ToCaller } from "../../../lib/wire/message.ts";
import { Amounts } from "../../../lib/worker/amounts.ts";
import { Bodies } from "../../../lib/worker/bodies.ts";
import { BodyClock } from "../../../lib/worker/body_clock.ts";
import { LoopClock } from "../../../lib/worker/loop_clock.ts";
import type { Target, TaskFunction } from "../../../lib/worker/target.ts";
import { IMMEDIATE } from "../../../lib/worker/turns.ts";

/** The bodies of one function, and the records that they have replied with: kind, id, value. */
function setUp(call: TaskFunction, { keyed, announces = false, givenUp = () => false, ...target }: {
  keyed?: Target["keyed"];
  announces?: boolean;
  givenUp?: () => boolean;
  decode?: Target["decode"];
  encode?: Target["encode"];
} = {}) {
  const told: [kind: number, id: number, value: unknown][] = [];
  const free: number[] = [];
  const bodies = new Bodies({
    worker: {
      workerId: 1,
      position: 0,
      workerData: undefined,
      keySeed: "seed",
      isGivenUp: givenUp,
      sendProgress() {},
      tell() {},
      add() {},
      amounts: new Amounts(),
    },
    targets: {
      get: (number: number) =>
        number === 0
          ? { found: { call, decode: undefined, encode: undefined, keyed, ...target } }
          : { found: undefined, error: { kind: "value", value: "no such task" } },
    } as never,
    replies: {
      add: (kind: number, id: number, _: number, value: unknown) => void told.push([kind, id, value]),
      addOutcome: (kind: number, id: number, _: number, value: unknown) => void told.push([kind, id, value]),
      send: (kind: number, id: number, value: unknown) => void told.push([kind, id, value]),
    } as never,
    clock: new LoopClock(),
    lag: { watch() {}, rest() {} } as never,
    // A turn that is due on a slow machine takes longer than `settle()` waits.
    turn: { ...IMMEDIATE, every: Infinity },
    announces,
    onFree: () => free.push(bodies.size),
  });
  const start = (id: number, input: unknown, more = {}) =>
    bodies.start({ id, target: 0, input, index: undefined, request: undefined, ...more });
  return { bodies, told, free, start };
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

describe("the body of a task", () => {
  test("that returns is replied to at once, and its slot is free", () => {
    const { bodies, told, free, start } = setUp((n) => (n as number) + 1);
    start(1, 41);
    expect([told, free, bodies.size]).toEqual([[[ToCaller.done, 1, 42]], [0], 0]);
  });

  test("that returns a promise has its slot until that settles", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { bodies, told, start } = setUp(() => promise);
    start(1, 0);
    expect([bodies.size, bodies.find(1)?.task.taskId, told]).toEqual([1, 1, []]);
    resolve("late");
    await settle();
    expect([bodies.size, told]).toEqual([0, [[ToCaller.done, 1, "late"]]]);
  });

  test.each<[string, TaskFunction]>([
    ["throws", () => {
      throw new RangeError("bad");
    }],
    ["rejects", () => Promise.reject(new RangeError("bad"))],
    ["returns a `then` that throws", () => ({
      get then(): never {
        throw new RangeError("bad");
      },
    })],
  ])("that %s fails, and it alone", async (_, call) => {
    const { told, start } = setUp(call);
    start(1, 0);
    await settle();
    expect(told).toMatchObject([[ToCaller.fail, 1, { class: "RangeError", message: "bad" }]]);
  });

  test("that yields returns all values as an array", async () => {
    const { told, start } = setUp(function* () {
      yield 1;
      yield 2;
    });
    start(1, 0);
    await settle();
    expect(told).toEqual([[ToCaller.done, 1, [1, 2]]]);
  });

  test("that is read as a stream sends value by value, as the reader asks", async () => {
    const { bodies, told, start } = setUp(function* () {
      yield "a";
      yield "b";
    });
    start(1, 0, { request: { taskId: 1, attempt: 1, progress: false, credit: 1 } });
    await settle();
    expect(told).toEqual([[ToCaller.yield, 1, "a"]]);
    bodies.find(1)!.room!.grant(9);
    await settle();
    expect(told.slice(1)).toEqual([[ToCaller.yield, 1, "b"], [ToCaller.done, 1, undefined]]);
  });

  test("has no `this`", () => {
    const { told, start } = setUp(function (this: unknown) {
      return this === undefined;
    });
    start(1, 0);
    expect(told).toEqual([[ToCaller.done, 1, true]]);
  });

  test("is announced before it begins, where that is wanted", () => {
    const { told, start } = setUp(() => told.length, { announces: true });
    start(1, 0);
    expect(told).toEqual([[ToCaller.started, 1, undefined], [ToCaller.done, 1, 1]]);
  });
});

describe("an input", () => {
  test("is decoded, and the result encoded; an error of either fails the task", () => {
    const { told, start } = setUp((value) => value, {
      decode: (text) => JSON.parse(text as string),
      encode(value) {
        if (value === 2) throw new TypeError("not that");
        return `<${value}>`;
      },
    });
    start(1, "1");
    start(2, "2");
    start(3, "{");
    expect(told).toMatchObject([
      [ToCaller.done, 1, "<1>"],
      [ToCaller.fail, 2, { class: "TaskCloneError" }],
      [ToCaller.fail, 3, { class: "SyntaxError" }],
    ]);
  });

  test("comes without the key that was sent before it, which the task sees", () => {
    const { told, start } = setUp((input, { key }) => [input, key], { keyed: "sent" });
    start(1, "k-1\ttext\twith tabs");
    expect(told).toEqual([[ToCaller.done, 1, ["text\twith tabs", "k-1"]]]);
  });
});

test("a task of a target that there is none of fails with the target's error", () => {
  const { bodies, told, start } = setUp(() => 1);
  start(1, 0, { target: 7 });
  expect([told, bodies.size]).toEqual([[[ToCaller.fail, 1, { kind: "value", value: "no such task" }]], 0]);
});

test("stop() aborts what runs, replies nothing more, and resolves when the last body has ended", async () => {
  let reason: unknown;
  const { bodies, told, start } = setUp(async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    reason = signal.reason;
  });
  start(1, 0);
  await bodies.stop();
  expect([bodies.size, told, (reason as Error).name]).toEqual([0, [], "AbortError"]);
});

test("a body that is measured does not begin once the worker was given up", () => {
  let calls = 0;
  const { bodies, told, start } = setUp(() => calls++, { givenUp: () => true });
  bodies.measure(new BodyClock(undefined, () => bodies.size));
  start(1, 0);
  expect([calls, told, bodies.size]).toEqual([0, [], 0]);
});

test("the age of a body is told, and that it has not begun", () => {
  const { promise } = Promise.withResolvers<void>();
  const { bodies, told, start } = setUp(() => promise);
  bodies.measure(new BodyClock(undefined, () => bodies.size));
  start(1, 0);
  bodies.tellAge(1);
  bodies.tellAge(2);
  expect(told).toEqual([[ToCaller.age, 1, expect.any(Number)], [ToCaller.age, 2, undefined]]);
});
