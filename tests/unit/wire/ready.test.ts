import { describe, expect, test } from "vitest";
import type { MisfitError } from "../../../lib/errors.ts";
import { INPUTS, MANY, ONE, PACKED, ToWorker } from "../../../lib/wire/message.ts";
import { inputOf, isReady, makeReady, type Transfers, withPacked } from "../../../lib/wire/ready.ts";

/** Makes a message ready, and notes the records that are refused. */
function ready(message: unknown[], { transfers, boundary = "thread" as const, substitute }: {
  transfers?: Transfers;
  boundary?: "thread" | "process";
  substitute?: unknown[];
} = {}) {
  const refused: [id: number, kind: number, message: string][] = [];
  const made = makeReady(message, transfers, {
    boundary,
    holds: INPUTS,
    refuse(id, kind, error: MisfitError) {
      refused.push([id, kind, error.message]);
      return substitute;
    },
  });
  return { ...made, refused };
}

describe("a message", () => {
  test("is ready if its values are plain, in records, requests and series", () => {
    const request = { input: [new Date(0)], taskId: 1 };
    const message = [ONE, 1, 0, { a: 1 }, MANY, 2, 0, ["x", 1, { b: [] }], ToWorker.runWith, 4, 0, request];
    expect(isReady(message, undefined, INPUTS)).toBe(true);
  });

  test.each<[string, unknown[]]>([
    ["a record", [ONE, 1, 0, new Error("e")]],
    ["a request", [ToWorker.runWith, 1, 0, { input: new Error("e") }]],
    ["a series", [MANY, 1, 0, ["x", new Error("e")]]],
  ])("is looked at closely if %s has a value that is not", (_, message) => {
    expect(isReady(message, undefined, INPUTS)).toBe(false);
  });

  test("is looked at closely if something moves with it", () => {
    expect(isReady([ONE, 1, 0, 1], new Map([[0, []]]), INPUTS)).toBe(false);
  });

  test("may have any value where the user has none", () => {
    expect(isReady([ToWorker.abort, 1, 0, new Error("reason")], undefined, INPUTS)).toBe(true);
  });
});

test("a series with one value that needs it becomes single records; others stay whole", () => {
  const { message, packed } = ready([MANY, 1, 9, ["a", "b"], MANY, 5, [7, 1, 8], ["c", new Error("e")]]);
  expect(message.slice(0, 11)).toEqual([MANY, 1, 9, ["a", "b"], ONE, 5, 7, "c", ONE, 6, 8]);
  expect(packed.has(message[11] as never)).toBe(true);
});

test("a record that cannot be sent is refused, and the records after it are sent", () => {
  const { message, refused } = ready([ONE, 1, 0, () => {}, ONE, 2, 0, "b"]);
  expect(message).toEqual([ONE, 2, 0, "b"]);
  expect(refused).toEqual([[1, ONE, expect.stringContaining("function")]]);
});

test("a substitute takes the place of a refused record", () => {
  const { message } = ready([ONE, 1, 0, Symbol("s"), ONE, 2, 0, "b"], { substitute: [4, 1, 0, "instead"] });
  expect(message).toEqual([4, 1, 0, "instead", ONE, 2, 0, "b"]);
});

test("what moves stays with its record, though records before it were left out", () => {
  const { port1, port2 } = new MessageChannel();
  const { message, transfers } = ready([ONE, 1, 0, () => {}, ONE, 2, 0, { port1 }], {
    transfers: new Map([[4, [port1]]]),
  });
  expect(message.slice(0, 2)).toEqual([ONE, 2]);
  expect([...transfers!]).toEqual([[0, [port1]]]);
  port1.close();
  port2.close();
});

test("only buffers move to a process", () => {
  const { port1, port2 } = new MessageChannel();
  const transfers = new Map([[0, [port1]]]);
  const { message, refused } = ready([ONE, 1, 0, "a"], { transfers, boundary: "process" });
  expect(message).toEqual([]);
  expect(refused[0][2]).toContain("cannot be sent with a MessagePort to move: only ArrayBuffers");
  port1.close();
  port2.close();
});

describe("stand-ins", () => {
  test("are listed by a first record, those of records and of requests", () => {
    const { message, packed } = ready([
      ...[ONE, 1, 0, new Error("a")],
      ...[ToWorker.runWith, 2, 0, { input: [new Error("b")], taskId: 2 }],
    ]);
    const all = withPacked(message, packed);
    expect(all.slice(0, 3)).toEqual([PACKED, 0, 0]);
    expect(all[3]).toEqual([message[3], inputOf(message[7])]);
    expect(all.slice(4)).toEqual(message);
  });

  test("of other records are not listed: without any, the records are returned as they are", () => {
    const { packed } = ready([ONE, 1, 0, new Error("a")]);
    const others = [ONE, 2, 0, "b"];
    expect(withPacked(others, packed)).toBe(others);
    expect(withPacked(others, new Set())).toBe(others);
  });
});
