import { describe, expect, test } from "vitest";
import { packValue } from "../../../lib/wire/packed.ts";
import { unpackValue } from "../../../lib/wire/unpacked.ts";

/** A value after it has crossed. */
const crossed = (value: unknown) =>
  unpackValue(structuredClone(packValue(value, { boundary: "thread", moved: undefined })));

describe("what was packed is put back:", () => {
  test("an error alone, with its fields and cause", () => {
    const error = Object.assign(new RangeError("outer", { cause: new TypeError("inner") }), { status: 404 });
    const back = crossed(error) as typeof error;
    expect(back).toBeInstanceOf(RangeError);
    expect([back.message, back.status, (back.cause as Error).message]).toEqual(["outer", 404, "inner"]);
  });

  test("errors in fields, lists, sets, and keys and values of maps", () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((text) => new Error(text));
    const back = crossed({ list: [1, a], set: new Set([b]), map: new Map([[c, d]]) }) as {
      list: unknown[];
      set: Set<Error>;
      map: Map<Error, Error>;
    };
    const [[key, value]] = back.map;
    const all = [back.list[1] as Error, ...back.set, key, value];
    expect(all.every((one) => one instanceof Error)).toBe(true);
    expect([back.list[0], ...all.map(({ message }) => message)]).toEqual([1, "a", "b", "c", "d"]);
  });

  test("an error that stands in two places is one object", () => {
    const error = new Error("twice");
    const { one, two } = crossed({ one: error, two: error }) as { one: Error; two: Error };
    expect(one.message).toBe("twice");
    expect(one).toBe(two);
  });

  test("the lastIndex of a regular expression", () => {
    const pattern = /x/g;
    pattern.lastIndex = 3;
    expect((crossed({ pattern }) as { pattern: RegExp }).pattern.lastIndex).toBe(3);
  });

  test("beside a circle", () => {
    const value: Record<string, unknown> = { error: new Error("e") };
    value.self = value;
    const back = crossed(value) as { error: Error; self: unknown };
    expect([back.self === back, back.error.message]).toEqual([true, "e"]);
  });
});

test("a value without stand-ins is the one that came", () => {
  const value = { a: 1 };
  expect(unpackValue({ value, stands: [] })).toBe(value);
});
