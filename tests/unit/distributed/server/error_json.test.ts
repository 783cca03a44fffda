import { describe, expect, test } from "vitest";
import { errorOf } from "../../../../lib/distributed/server/error_json.ts";
import { fromErrorData } from "../../../../lib/wire/error_data.ts";

/** What a producer gets of something thrown: by way of JSON. */
const received = (thrown: unknown) => fromErrorData(JSON.parse(JSON.stringify(errorOf(thrown))));

describe("an error on its way as JSON", () => {
  test("keeps class, message, cause and properties", () => {
    const error = Object.assign(new RangeError("outer", { cause: new TypeError("inner") }), { status: 404 });
    const got = received(error) as typeof error;
    expect(got).toBeInstanceOf(RangeError);
    expect([got.message, got.status, (got.cause as Error).message]).toEqual(["outer", 404, "inner"]);
  });

  test("has maps as objects, sets as lists, big numbers as text, and no bytes", () => {
    const error = Object.assign(new Error("e"), {
      map: new Map([["a", 1]]),
      set: new Set([1, 2]),
      big: 10n,
      bytes: new Uint8Array(9),
    });
    expect(received(error)).toMatchObject({ map: { a: 1 }, set: [1, 2], big: "10n" });
    expect(received(error)).not.toHaveProperty("bytes");
  });

  test("has texts of 60,000 characters at most; a property that is too long takes no other along", () => {
    const long = "x".repeat(70_000);
    const got = received(Object.assign(new Error(long), { long, many: Array(70_000).fill(1), code: 7 })) as
      & Error
      & {
        long: string;
      };
    expect([got.message.length, got.long.length]).toEqual([60_000, 60_000]);
    expect(got).toMatchObject({ code: 7 });
    expect(got).not.toHaveProperty("many");
  });

  test("ends at eight causes, and at a hundred errors of a list", () => {
    let error = new Error("0");
    for (let level = 1; level <= 20; level++) error = new Error(`${level}`, { cause: error });
    let depth = 0;
    for (let at = received(error) as Error; at.cause; at = at.cause as Error) depth++;
    const many = received(
      new AggregateError(Array.from({ length: 150 }, (_, at) => new Error(`${at}`))),
    ) as AggregateError;
    expect([depth, many.errors.length]).toEqual([8, 100]);
  });

  test("that stands in two places is one object, unless the first was too deep", () => {
    const shared = new Error("shared");
    const got = received(Object.assign(new Error("e", { cause: shared }), { again: shared })) as Error & {
      again: Error;
    };
    expect(got.again.message).toBe("shared");
    expect(got.cause).toBe(got.again);
    let deep: Error = shared;
    for (let level = 0; level < 9; level++) deep = new Error(`${level}`, { cause: deep });
    const twice = new AggregateError([deep, shared]);
    expect((received(twice) as AggregateError).errors[1]).toBe("an error that was left out");
  });
});

test("something else that is thrown is a value", () => {
  expect([received({ code: 7 }), received("text"), received(undefined)]).toEqual([
    { code: 7 },
    "text",
    undefined,
  ]);
});
