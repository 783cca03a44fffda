/**
 * Parses and checks results that stand in Redis. Any client that may write to the broker could have written them.
 *
 * @module
 */

import type { Values } from "../../wire/lines.ts";
import { unpackResults } from "../broker/encoding.ts";
import { readRecord, type Results, resultsSchema } from "../broker/protocol.ts";

/** Results that fit their chunk. */
export interface ReadResults {
  results: Results;
  /** The values of each entry of `results.done`. */
  values: Values[];
}

/** Reads the results of a chunk with `size` inputs, or says what is wrong with them. */
export function readResults(
  text: string,
  size: number,
): ({ ok: true } & ReadResults) | { ok: false; fault: string } {
  const read = readRecord(resultsSchema, text);
  if (!read.ok) return read;
  const results = read.value;
  const values: Values[] = [];
  for (const [at, count, , micros, packed] of results.done) {
    if (at + count > size) return { ok: false, fault: "there are more results than inputs" };
    if (Array.isArray(micros) && micros.length !== count) {
      return { ok: false, fault: "there are not as many times as results" };
    }
    const unpacked = unpackResults(packed, count);
    if (!unpacked) return { ok: false, fault: "there are not as many results as it says" };
    values.push(unpacked);
  }
  if (results.failed.some(([at]) => at >= size)) {
    return { ok: false, fault: "an input failed that is not in the chunk" };
  }
  return { ok: true, results, values };
}
