/** When an error says to try again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isTooManyRequests, retryAfter } from "../../../../lib/executor/queue/retry_after.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z"), toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

test.each<[string, unknown, number]>([
  ["seconds", { retryAfter: 1.5 }, 1_500],
  ["seconds as text", { retryAfter: " 3 " }, 3_000],
  ["an HTTP date", { retryAfter: "Thu, 01 Jan 2026 00:00:10 GMT" }, 10_000],
  ["a date of JSON", { retryAfter: "2026-01-01T00:00:05.000Z" }, 5_000],
  ["a Date", { retryAfter: new Date("2026-01-01T00:00:20Z") }, 20_000],
  ["a date that has passed", { retryAfter: "2025-01-01T00:00:00Z" }, 0],
  ["headers", { headers: { "Retry-After": "4" } }, 4_000],
  ["headers of a response", { response: { headers: new Map([["retry-after", "5"]]) } }, 5_000],
  ["its cause", { cause: { retryAfter: 6 } }, 6_000],
  ["itself before its cause", { retryAfter: 1, cause: { retryAfter: 6 } }, 1_000],
  ["the cause of its cause", new Error("a", { cause: new Error("b", { cause: { retryAfter: 7 } }) }), 7_000],
  ["one of several errors", new AggregateError([new Error("a"), { retryAfter: 8 }]), 8_000],
  [
    "a header of which its client could make no number",
    { retryAfter: NaN, headers: { "retry-after": "9" } },
    9_000,
  ],
  ["a header with a list of values", { headers: { "RETRY-AFTER": ["2", "3"] } }, 2_000],
  ["a list of headers", { headers: [["date", "today"], ["Retry-After", "2"]] }, 2_000],
  ["a number in another form", { retryAfter: "+.5e1" }, 5_000],
  ["a bigint", { retryAfter: 2n }, 2_000],
  ["an HTTP date in small letters", { retryAfter: "thu, 01 jan 2026 00:00:10 gmt" }, 10_000],
  ["an HTTP date of 1994", { retryAfter: "Thursday, 01-Jan-26 00:00:10 GMT" }, 10_000],
])("an error says it by %s", (_, error, delay) => {
  expect(retryAfter(error)).toEqual({ delay });
});

test("a date without a zone is that of GMT, wherever the program runs", () => {
  const zone = process.env.TZ;
  process.env.TZ = "America/New_York";
  try {
    expect(retryAfter({ retryAfter: "Thu Jan  1 00:00:10 2026" })).toEqual({ delay: 10_000 });
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test.each([
  ["a word", { retryAfter: "soon 3" }, "soon 3"],
  ["a negative number", { retryAfter: -1 }, -1],
  ["true", { retryAfter: true }, true],
  ["the first of several", { retryAfter: "", cause: { retryAfter: -1 } }, ""],
])("a value in no known form is told: %s", (_, error, unknown) => {
  expect(retryAfter(error)).toEqual({ unknown });
});

test.each([["an error without one", new Error("no")], ["null", null], ["a text", "no"], [
  "headers without it",
  { headers: new Map([["date", "today"]]), response: null },
], ["a circle of causes", circle()]])("%s says nothing", (_, error) => {
  expect(retryAfter(error)).toEqual({});
});

test.each<[unknown, boolean]>([
  [{ status: 429 }, true],
  [{ statusCode: 429 }, true],
  [{ response: { status: 429 } }, true],
  [new Error("a", { cause: { status: 429 } }), true],
  [{ status: 503 }, false],
  [new Error("HTTP 429"), false],
  [null, false],
])("%o: a refusal without a time? %s", (error, expected) => {
  expect(isTooManyRequests(error)).toBe(expected);
});

function circle(): Error {
  const error = new Error("a");
  return Object.assign(error, { cause: error });
}
