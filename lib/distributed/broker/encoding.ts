/** Packs inputs and results for a job, and unpacks them. Values are sent as JSON. */

import { Buffer } from "node:buffer";
import { TaskCloneError } from "../../errors.ts";
import { toJson } from "../../wire/json_text.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import type { ChunkData } from "./protocol.ts";

/** Inputs or results in the form in which they are sent: one text each. */
export type Texts = Lines | string[];

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Returns a value as JSON, or the error for a value that JSON cannot represent. `undefined` becomes `null`. */
export function encodeValue(
  of: "input" | "progress" | "result",
  value: unknown,
): { text: string } | { error: TaskCloneError } {
  try {
    return { text: toJson(value, { of }) };
  } catch (error) {
    return { error: new TaskCloneError(of, error) };
  }
}

/** Packs inputs. Bytes that are not UTF-8 are sent as base64. */
export function packTexts(texts: Texts): Pick<ChunkData, "count" | "lines" | "base64"> {
  const count = texts.length;
  if (!(texts instanceof Lines)) {
    return {
      count,
      lines: texts.map((text) => `${text}\n`).join(""),
      base64: false,
    };
  }
  try {
    return { count, lines: decoder.decode(texts.bytes), base64: false };
  } catch {
    return { count, lines: Buffer.from(texts.bytes).toString("base64"), base64: true };
  }
}

/** Unpacks inputs, each preceded by its key; undefined if their number is not `count`. */
export function unpackKeyed({ count, lines, base64, keys, first }: ChunkData): Lines | undefined {
  if (Array.isArray(keys) && keys.length !== count) return undefined;
  const keyOf = (at: number) => Array.isArray(keys) ? keys[at] : `${keys}-${first + at}`;
  if (!base64) {
    const texts = lines.split("\n");
    if (texts.pop() !== "" || texts.length !== count) return undefined;
    return new Lines(
      encoder.encode(texts.map((text, at) => `${keyOf(at)}\t${text}\n`).join("")),
      count,
    );
  }
  const bytes = new Uint8Array(Buffer.from(lines, "base64"));
  if (countLines(bytes) !== count) return undefined;
  const plain = new Lines(bytes, count);
  const newline = encoder.encode("\n");
  const parts = Array.from(
    { length: count },
    (_, at) => [encoder.encode(`${keyOf(at)}\t`), plain.bytesAt(at), newline],
  );
  return new Lines(new Uint8Array(Buffer.concat(parts.flat())), count);
}

/** Packs results: as lines, or as separate texts if one of them contains a line end. */
export function packResults(values: Values): string | string[] {
  if (values instanceof Lines) return decoder.decode(values.bytes);
  const texts = values as string[];
  return texts.some((text) => text.includes("\n")) ? texts : texts.map((text) => `${text}\n`).join("");
}

/** Unpacks results; undefined if their number is not `count`. */
export function unpackResults(packed: string | string[], count: number): Values | undefined {
  if (Array.isArray(packed)) return packed.length === count ? packed : undefined;
  // UTF-8 cannot represent half of a surrogate pair.
  if (!packed.isWellFormed()) return unpackResults(packed.split("\n").slice(0, -1), count);
  const bytes = encoder.encode(packed);
  return countLines(bytes) === count ? new Lines(bytes, count) : undefined;
}

/** Returns the number of lines; undefined if the last one has no newline. */
function countLines(bytes: Uint8Array): number | undefined {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return bytes.at(-1) === 10 ? count : undefined;
}
