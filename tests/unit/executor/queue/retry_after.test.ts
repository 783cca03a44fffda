/** When an error says to try again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { retryAfter } from "../../../../lib/executor/queue/retry_after.ts";

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
])("an error says it by %s", (_, error, delay) => {
  expect(retryAfter(error)).toEqual({ delay });
});

test.each([
  ["a word", { retryAfter: "soon 3" }, "soon 3"],
  ["a negative number", { retryAfter: -1 }, -1],
  ["true", { retryAfter: true }, true],
])("a value in no known form is told: %s", (_, error, unknown) => {
  expect(retryAfter(error)).toEqual({ unknown });
});

test.each([["an error without one", new Error("no")], ["null", null], ["a text", "no"], [
  "headers without it",
  { headers: new Map([["date", "today"]]), response: null },
]])("%s says nothing", (_, error) => {
  expect(retryAfter(error)).toEqual({});
});
