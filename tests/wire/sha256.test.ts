/** SHA-256 in JavaScript gives what the runtime's own gives. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashText, ROOM } from "../../lib/wire/sha256.ts";

test("a text of any length has the hash that the runtime gives it", () => {
  const lengths = [...Array(200).keys(), ROOM - 9, ROOM, ROOM + 1, 3 * ROOM + 17];
  const texts = [...lengths.map((length) => "a".repeat(length)), "é".repeat(700), "😀\n".repeat(2_000)];
  const hex = (words: Uint32Array) =>
    Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
  for (const text of texts) {
    expect(hex(hashText(text))).toBe(createHash("sha256").update(Buffer.from(text)).digest("hex"));
  }
});
