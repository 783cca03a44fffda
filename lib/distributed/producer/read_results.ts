/** Parses and checks results from Redis. Any client with write access to the broker could have written them. */

import { type ErrorData, fromErrorData } from "../../wire/error_data.ts";
import type { TaskFacts } from "../../executor/tasks/feed.ts";
import type { Values } from "../../wire/lines.ts";
import { unpackResults } from "../broker/encoding.ts";
import { readRecord, type Results, resultsSchema, valuesSchema } from "../broker/protocol.ts";

/** What an attempt has told of itself: what it has counted, the texts of inputs that it has handed in, when and where it began. */
export type ToldFacts = Pick<TaskFacts, "counts" | "added" | "began">;

/** Results that fit their job chunk. */
export interface ReadResults {
  results: Results;
  /** The values of each entry of `results.done`. */
  values: Values[];
  /** What the task threw, for each entry of `results.failed`. */
  errors: unknown[];
  /** What the task threw, for each entry of `results.retried`. */
  retryErrors: unknown[];
  /** What the last attempts of inputs have told, by the place of the input in the job chunk. */
  told: Map<number, ToldFacts>;
  /** What the body of the single input has reported. */
  progress: unknown[];
}

/** Reads the results of a job chunk with `size` inputs, which may add further ones if `adds`. Returns a fault if they are invalid. */
export function readResults(
  text: string,
  { size, adds }: { size: number; adds: boolean },
): ({ ok: true } & ReadResults) | { ok: false; fault: string } {
  const read = readRecord(resultsSchema, text);
  if (!read.ok) return read;
  const results = read.value;
  const values: Values[] = [];
  for (const [at, count, , micros, packed] of results.done) {
    if (at + count > size) return { ok: false, fault: "there are more results than inputs" };
    if (Array.isArray(micros) && micros.length !== count) {
      return { ok: false, fault: "the number of times differs from the number of results" };
    }
    const unpacked = unpackResults(packed, count);
    if (!unpacked) return { ok: false, fault: `there are not ${count} results, as it says` };
    values.push(unpacked);
  }
  const errors: unknown[] = [];
  const retryErrors: unknown[] = [];
  const thrown = [
    ...results.failed.map(([at, , , data]) => ({ at, data, list: errors })),
    ...(results.retried ?? []).map(([at, , data]) => ({ at, data, list: retryErrors })),
  ];
  for (const { at, data, list } of thrown) {
    if (at >= size) return { ok: false, fault: "an input failed that is not in the job chunk" };
    const unknown = unknownReference(data, new Set());
    if (unknown !== undefined) {
      return { ok: false, fault: `an error refers to error ${unknown}, which is not there` };
    }
    list.push(fromErrorData(data));
  }
  const told = toldIn(results);
  for (const at of told.keys()) {
    if (at >= size) return { ok: false, fault: "an input told something that is not in the job chunk" };
  }
  const added = results.added?.flatMap(([, texts]) => texts) ?? [];
  if (added.length > 0 && !adds) return { ok: false, fault: "an input added others, which its task cannot" };
  // Each becomes a line of its own.
  if (added.some((text) => text.includes("\n") || !text.isWellFormed())) {
    return { ok: false, fault: "an added input is not one line of text" };
  }
  let progress: unknown[];
  try {
    progress = (results.progress ?? []).map((text) => JSON.parse(text));
  } catch {
    return { ok: false, fault: "an input has reported a value that is no JSON" };
  }
  return { ok: true, results, values, errors, retryErrors, told, progress };
}

function toldIn({ counts = [], added = [], began = [] }: Results): ReadResults["told"] {
  const told: ReadResults["told"] = new Map();
  const tell = (at: number, facts: ToldFacts) => told.set(at, { ...told.get(at), ...facts });
  for (const [at, sums] of counts) tell(at, { counts: sums });
  for (const [at, texts] of added) tell(at, { added: texts });
  for (const [at, ms, position] of began) tell(at, { began: { at: ms, position } });
  return told;
}

/** Reads values of a stream. Returns a fault if they are invalid. */
export function readValues(
  text: string,
): { ok: true; first: number; server: string; values: unknown[] } | { ok: false; fault: string } {
  const read = readRecord(valuesSchema, text);
  if (!read.ok) return read;
  try {
    return { ok: true, ...read.value, values: read.value.values.map((value) => JSON.parse(value)) };
  } catch {
    return { ok: false, fault: "a value is no JSON" };
  }
}

/**
 * Returns the number of the first reference to an error that does not precede it. `known` has the numbers of the
 * preceding errors. Visits errors in the order in which `fromErrorData` makes them.
 */
function unknownReference(data: ErrorData, known: Set<number>): number | undefined {
  if (data.kind === "again") return known.has(data.number) ? undefined : data.number;
  const inner: ErrorData[] = [];
  if (data.kind === "error") {
    if (data.number !== undefined) known.add(data.number);
    inner.push(...data.errors ?? []);
  }
  inner.push(...(data.nested ?? []).map(([, error]) => error));
  if (data.kind === "error" && data.cause) inner.push(data.cause);
  for (const error of inner) {
    const unknown = unknownReference(error, known);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}
