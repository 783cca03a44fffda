import { expect, test } from "vitest";
import { ErrorText } from "../../../../lib/cli/task/error_text.ts";

const text = new ErrorText({ url: "file:///t.ts", name: "t.ts", task: "default", implied: true });

test.each([
  ["Deno, whose URLs have spaces", "at fn (file:///my dir/t.ts:1:2)", "/my dir/t.ts:1:2"],
  ["Deno, without a function", "at file:///my dir/t.ts:1:2", "/my dir/t.ts:1:2"],
  ["Node", "at async fn (file:///my%20dir/t.ts:1:2)", "/my dir/t.ts:1:2"],
  ["Bun", "at fn (/my dir/t.ts:1:2)", "/my dir/t.ts:1:2"],
])("the place of an error on %s", (_, frame, place) => {
  const error = Object.assign(new RangeError("boom"), { stack: `RangeError: boom\n    ${frame}` });
  expect(text.line(error)).toBe(`RangeError: boom  (${place})`);
});

test("the place of an error on Bun on Windows", () => {
  const stack = "RangeError: boom\n    at fn (C:\\my dir\\t.ts:1:2)";
  const { stack: recorded } = text.record(Object.assign(new RangeError("boom"), { stack }));
  expect(recorded).toContain("at fn (file:///C:/my%20dir/t.ts:1:2)");
});
