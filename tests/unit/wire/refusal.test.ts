import { expect, test } from "vitest";
import { readRefusal, refusalLine } from "../../../lib/wire/refusal.ts";

test("a refusal is one line, and is read as it was", () => {
  const refusal = { message: "Line 3 has 2 fields\nand 4 columns", found: ["a", null, { b: 1 }] };
  const line = refusalLine(refusal);
  expect(line).not.toContain("\n");
  expect(readRefusal(line)).toEqual(refusal);
});

test.each(["", "{}", '["a",1]', "\x15", "\x15{", "\x15[1,2]", ' \x15["a",1]'])("%j is no refusal", (text) => {
  expect(readRefusal(text)).toBeUndefined();
});
