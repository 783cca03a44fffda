/**
 * Keys of inputs that are identified by their content, as in a run with a journal. A key is the hash of the input's
 * text and the number of its occurrence. The worker computes the hash when a task reads its key. The number of the
 * occurrence is sent before the text, unless it is 1:
 *
 *     DLE (U+0010)  occurrence  tab  text
 *
 * A text that itself begins with DLE is always sent with its occurrence.
 *
 * Over a broker, the key itself is sent: before the text, and followed by a tab.
 */

import { joined } from "./bytes.ts";
import { Lines, unpack } from "./lines.ts";
import type { Encoding } from "./encoding.ts";
import { hashText } from "./sha256.ts";

const DLE = 16;

const encoder = new TextEncoder();

/** An input's text, and the number of its occurrence, from 1. */
interface Content {
  text: string;
  occurrence: number;
}

/** Returns the key for a hash: 32 hexadecimal digits, a dot, the occurrence. The words of the hash begin at `at`. */
export function contentKey(hash: Uint32Array, occurrence: number, at = 0): string {
  let key = "";
  for (let word = at; word < at + 4; word++) key += hash[word].toString(16).padStart(8, "0");
  return `${key}.${occurrence}`;
}

export function keyOfContent({ text, occurrence }: Content): string {
  return contentKey(hashText(text), occurrence);
}

/** Returns the key of a batch. Batches with the same inputs in the same order have the same key. */
export function keyOfSeveral(keys: readonly string[]): string {
  return contentKey(hashText(keys.join("\n")), 1);
}

/** Returns the lines in the form in which they are sent: with the occurrence where it has to be sent. */
export function withOccurrences(lines: Lines, occurrenceOf: (at: number) => number): Lines {
  const parts: Uint8Array[] = [];
  let next = 0;
  for (let at = 0; at < lines.length; at++) {
    const occurrence = occurrenceOf(at);
    if (occurrence === 1 && lines.byteAt(at) !== DLE) continue;
    if (at > next) parts.push(lines.slice(next, at).bytes);
    parts.push(encoder.encode(`\x10${occurrence}\t`));
    next = at;
  }
  if (parts.length === 0) return lines;
  parts.push(lines.slice(next).bytes);
  return new Lines(joined(parts), lines.length);
}

/** Returns the text and the occurrence of an input in the form in which it was sent. */
export function takeContent(sent: string): Content {
  if (sent.charCodeAt(0) !== DLE) return { text: sent, occurrence: 1 };
  const tab = sent.indexOf("\t");
  return { text: sent.slice(tab + 1), occurrence: Number(sent.slice(1, tab)) };
}

/** Splits an input into its key and the rest, at the first tab. The input may be bytes. */
export function takeKey(input: string | Uint8Array): { key: string; rest: string | Uint8Array } {
  if (typeof input === "string") {
    const tab = input.indexOf("\t");
    return { key: input.slice(0, tab), rest: input.slice(tab + 1) };
  }
  const tab = input.indexOf(9);
  return { key: new TextDecoder().decode(input.subarray(0, tab)), rest: input.subarray(tab + 1) };
}

/** Returns the key of an input as it was sent. `keyed` is not undefined. */
export function keyOfSent(sent: string, keyed: Encoding["keyed"]): string {
  return keyed === "content" ? keyOfContent(takeContent(sent)) : takeKey(sent).key;
}

/** Returns, on the caller's side, the key that the task sees. Undefined if the key is not made from the input. */
export function keyOfInput(input: unknown, { keyed, batch }: Encoding = {}): string | undefined {
  if (keyed === undefined) return undefined;
  if (batch) {
    const values = unpack(input);
    const texts = values instanceof Lines ? values.toArray() : values;
    return keyOfSeveral(texts.map((text) => typeof text === "string" ? keyOfSent(text, keyed) : ""));
  }
  return typeof input === "string" ? keyOfSent(input, keyed) : undefined;
}
