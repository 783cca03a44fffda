import { describe, expect, test } from "vitest";
import { isError, keepValue, newBudget } from "../../../lib/wire/kept_value.ts";

const keep = (value: unknown) => keepValue(value, newBudget());

/** Objects in objects, `levels` deep. */
function nested(levels: number): unknown {
  let value: unknown = "inmost";
  for (let level = 0; level < levels; level++) value = { in: value };
  return value;
}

describe("a value that is kept", () => {
  test("has no functions and symbols, and keeps the rest", () => {
    const value = { url: "/", send() {}, [Symbol("s")]: 1, mark: Symbol("m"), tries: [1, () => {}, 3] };
    expect(keep(value)?.value).toEqual({ url: "/", tries: [1, undefined, 3] });
  });

  test("is undefined if nothing of it can be cloned", () => {
    expect([keep(() => {}), keep(Symbol("s")), keep(Promise.resolve()), keep({ f() {} })])
      .toEqual([undefined, undefined, undefined, undefined]);
  });

  test("has null in place of an error, whose path is told", () => {
    const [first, second] = [new Error("1"), new TypeError("2")];
    const kept = keep({
      a: [first],
      b: new Map([["skip", Symbol("s")], ["c", second]] as [string, unknown][]),
    });
    expect(kept?.value).toEqual({ a: [null], b: new Map([["c", null]]) });
    expect(kept?.errors).toEqual([{ path: ["a", 0], error: first }, { path: ["b", 0], error: second }]);
  });

  test("has neither keys of maps nor elements of sets that are errors", () => {
    const kept = keep({ map: new Map([[new Error("k"), 1]]), set: new Set([new Error("e"), 2]) });
    expect(kept?.value).toEqual({ map: new Map(), set: new Set([2]) });
    expect(kept?.errors).toEqual([]);
  });

  test("keeps its circles", () => {
    const value: Record<string, unknown> = { name: "a" };
    value.self = value;
    const copy = keep(value)?.value as typeof value;
    expect(copy.self).toBe(copy);
    expect(copy).not.toBe(value);
  });

  test("leaves out what a getter throws, and keeps its neighbours", () => {
    const value = {
      before: 1,
      get bad(): never {
        throw new Error("no");
      },
      after: 2,
    };
    expect(keep(value)?.value).toEqual({ before: 1, after: 2 });
  });

  test("without fields of its own is what its toJSON() returns, once", () => {
    class Id {
      toJSON() {
        return { id: 7 };
      }
    }
    class Forever {
      toJSON() {
        return new Forever();
      }
    }
    expect(keep({ id: new Id(), never: new Forever() })?.value).toEqual({ id: { id: 7 } });
  });

  test("has the fields of a Response and its headers as an object", () => {
    const kept = keep({ response: new Response(null, { status: 429, headers: { "retry-after": "3" } }) });
    expect(kept?.value).toMatchObject({
      response: { status: 429, ok: false, headers: { "retry-after": "3" } },
    });
  });

  test("has the fields of events, which listeners of errors are called with", () => {
    const event = new CustomEvent("failed", { detail: { code: 7, retry() {} } });
    expect(keep(event)?.value).toEqual({ type: "failed", detail: { code: 7 } });
    expect(keep({ event: new Event("error") })?.value).toEqual({ event: { type: "error" } });
  });

  test("has a copy of a view's part alone, and a regular expression's lastIndex", () => {
    const pattern = /a/g;
    pattern.lastIndex = 2;
    const { bytes, view, found } = keep({
      bytes: new Uint8Array(1_000).subarray(10, 12),
      view: new DataView(new ArrayBuffer(64), 8, 4),
      found: pattern,
    })!.value as { bytes: Uint8Array; view: DataView; found: RegExp };
    expect([bytes.length, bytes.buffer.byteLength, view.byteLength, found.lastIndex]).toEqual([2, 2, 4, 2]);
  });

  test("ends at a depth of 200", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null && "in" in value ? 1 + depthOf(value.in) : 0;
    expect([depthOf(keep(nested(150))?.value), depthOf(keep(nested(1_000))?.value)]).toEqual([150, 199]);
  });

  test("has the objects that are nearest, if there are more than its budget allows", () => {
    const budget = { objects: 3 };
    const kept = keepValue({ a: { deep: { deeper: {} } }, b: {} }, budget);
    expect(kept?.value).toEqual({ a: {}, b: {} });
    expect(keepValue({ again: 1 }, budget)).toBeUndefined();
  });
});

test("an array of holes is copied by its keys, with its length", () => {
  const holes: unknown[] = [];
  holes[5_000_000] = "last";
  const copy = keep(holes)?.value as unknown[];
  expect([copy.length, copy[5_000_000], Object.keys(copy)]).toEqual([5_000_001, "last", ["5000000"]]);
});

test("an error is one by its class or by its tag", () => {
  const foreign = { [Symbol.toStringTag]: "Error" };
  expect([new RangeError(), foreign, {}, null, "Error"].map(isError)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
