/** Numbers that JavaScript cannot represent are found in JSON text. */
import { expect, test } from "vitest";
import { parseJson } from "../../lib/worker/json_input.ts";

const HELD = [
  "0",
  "-0",
  "0.0",
  "1e22",
  "1e308",
  "123456789012345",
  "9007199254740991",
  "9007199254740992",
  "12345678901234567168",
  "0.1234567890123456789",
  "1e-300",
  "0e999",
  '"9007199254740993"',
  '"7e999"',
  '{"a":[1,2.5,null,true,"x"]}',
];

const CHANGED = [
  "9007199254740993",
  "-9007199254740993",
  "12345678901234567890",
  "9007199254740993.0",
  "1e309",
  "-1E+400",
  "1e-400",
  "2.5e-999",
  `0.${"0".repeat(400)}1`,
  '{"a":{"b":[1,9007199254740993]}}',
];

/** Whether a text is parsed, or refused. */
function isHeld(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

test.each(HELD)("%s is parsed", (text) => {
  expect(isHeld(text)).toBe(true);
});

test.each(CHANGED)("%s is refused", (text) => {
  expect(isHeld(text)).toBe(false);
});
