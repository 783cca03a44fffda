import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  keyOfContent,
  keyOfInput,
  keyOfSeveral,
  takeContent,
  withOccurrences,
} from "../../../lib/wire/content_key.ts";
import { linesOf } from "../../lines_of.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

test("a key is 32 digits of the hash and the occurrence", () => {
  expect(keyOfContent({ text: "ä", occurrence: 3 })).toBe(`${hash("ä")}.3`);
  expect(keyOfSeveral(["a", "b"])).toBe(`${hash("a\nb")}.1`);
});

test("what is sent with its occurrence is read as it was", () => {
  const texts = ["a", "b", "a", "\x10own", ""];
  const occurrences = [1, 1, 2, 1, 12];
  const sent = withOccurrences(linesOf(...texts), (at) => occurrences[at]);
  expect(sent.length).toBe(texts.length);
  const read = sent.toArray().map((line) => takeContent(line as string));
  expect(read).toEqual(texts.map((text, at) => ({ text, occurrence: occurrences[at] })));
});

test("lines that all occur for the first time are sent as they are", () => {
  const lines = linesOf("a", "b");
  expect(withOccurrences(lines, () => 1)).toBe(lines);
});

test("the caller knows the key of an input as the body sees it", () => {
  expect(keyOfInput("x")).toBeUndefined();
  expect(keyOfInput("k\tx", { keyed: "sent" })).toBe("k");
  expect(keyOfInput("x", { keyed: "content" })).toBe(`${hash("x")}.1`);
  expect(keyOfInput("\x104\tx", { keyed: "content" })).toBe(`${hash("x")}.4`);
  expect(keyOfInput(new Uint8Array(1), { keyed: "content" })).toBeUndefined();
  const keys = [`${hash("x")}.1`, `${hash("y")}.1`];
  expect(keyOfInput(["x", "y"], { keyed: "content", batch: true })).toBe(keyOfSeveral(keys));
});
