import { expect, test } from "vitest";
import { causeText } from "../../../../lib/cli/task/cause_text.ts";

const because = (message: string, cause: unknown) => new Error(message, { cause });

test.each<[string, Error, string | undefined]>([
  ["no cause", new Error("alone"), undefined],
  ["a cause", because("fetch failed", new Error("no such host")), "no such host"],
  ["a cause that the message repeats", because("failed: no such host", new Error("no such host")), undefined],
  ["the cause of such a cause", because("failed: a", because("a", new Error("b"))), "b"],
  ["the first error of several", new AggregateError([new Error("one"), new Error("two")], "all"), "one"],
  ["something else than an error", because("failed", { code: 7 }), '{"code":7}'],
  ["an empty error, and its cause", because("", because("", new Error("deep"))), "deep"],
])("%s", (_, error, text) => {
  expect(causeText(error)).toBe(text);
});

test("a circle ends", () => {
  const error = new Error("round");
  error.cause = error;
  expect(causeText(error)).toBeUndefined();
});
