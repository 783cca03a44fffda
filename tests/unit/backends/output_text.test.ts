import { expect, test } from "vitest";
import { outputText } from "../../../lib/backends/output_text.ts";

test("a character that comes in two parts is one character", () => {
  const got: string[] = [];
  const take = outputText("stdout", (stream, text) => got.push(`${stream}: ${text}`));
  const bytes = new TextEncoder().encode("aä€b");
  take(bytes.subarray(0, 2));
  take(bytes.subarray(2, 3));
  take(bytes.subarray(3));
  expect(got).toEqual(["stdout: a", "stdout: ä", "stdout: €b"]);
});
