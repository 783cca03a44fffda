/**
 * The key of an input that is identified by its content, as in a run with a journal: the hash of its text, and which
 * occurrence of that text it is. A worker makes the hash itself, when a task asks for its key. The occurrence is sent before
 * the text, unless it is the first:
 *
 *     DLE (U+0010)  occurrence  tab  text
 *
 * A text that begins with a DLE itself is always sent with its occurrence.
 *
 * @module
 */

import { Lines, unpack } from "./lines.ts";
import type { Encoding } from "./message.ts";
import { hashText } from "./sha256.ts";

const DLE = 16;

const encoder = new TextEncoder();

/** An input's text, and which occurrence of it the input is, from 1. */
export interface Content {
  text: string;
  occurrence: number;
}

/** The key of a hash: 32 hexadecimal digits, a dot, the occurrence. The words of the hash begin at `at`. */
export function contentKey(hash: Uint32Array, occurrence: number, at = 0): string {
  let key = "";
  for (let word = at; word < at + 4; word++) key += hash[word].toString(16).padStart(8, "0");
  return `${key}.${occurrence}`;
}

/** The key of an input. */
export function keyOfContent({ text, occurrence }: Content): string {
  return contentKey(hashText(text), occurrence);
}

/** The key of a batch: the same for the same inputs in the same order. */
export function keyOfSeveral(keys: readonly string[]): string {
  return contentKey(hashText(keys.join("\n")), 1);
}

/** Lines as they are sent: with the occurrence where it has to be sent. */
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
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return new Lines(bytes, lines.length);
}

/** The text and the occurrence of what was sent. */
export function takeContent(sent: string): Content {
  if (sent.charCodeAt(0) !== DLE) return { text: sent, occurrence: 1 };
  const tab = sent.indexOf("\t");
  return { text: sent.slice(tab + 1), occurrence: Number(sent.slice(1, tab)) };
}

/** The key that the body of a task sees, at its caller. Undefined where the key is not made of the input. */
export function keyOfInput(input: unknown, { keyed, batch }: Encoding = {}): string | undefined {
  if (keyed === undefined) return undefined;
  if (batch) {
    const values = unpack(input);
    const texts = values instanceof Lines ? values.toArray() : values;
    return keyOfSeveral(texts.map((text) => typeof text === "string" ? keyOfContent(takeContent(text)) : ""));
  }
  if (typeof input !== "string") return undefined;
  return keyed === "content" ? keyOfContent(takeContent(input)) : input.slice(0, input.indexOf("\t"));
}
