/** The objects of `--progress json`: progress, failures and kinds of errors. `polyloop help progress` describes their fields. */

import type { Distribution } from "../../executor/basics/histogram.ts";
import type { ErrorKinds } from "./error_kinds.ts";
import type { Figures } from "./figures.ts";
import { thousandths } from "./format.ts";

export interface Failure {
  index: number;
  /** The number of its line in the file, from 1. */
  number: number;
  /** The name of the file, if there are several. */
  file?: string;
  /** The place in words: `line 3`. */
  place: string;
}

interface JsonEnd {
  exitCode: number;
  taskMs: number;
  runTime: Distribution;
}

/** The object of the progress; with `end`, the last one. Unknown values are null. Times are milliseconds. */
export function jsonLine(figures: Figures, end?: JsonEnd): string {
  const { elapsedMs, ok, failed, before, retries, inFlight, read, total, totalIsExact } = figures;
  const { bytes, size, share, perSecond, leftMs, load, oldest, pause, sums } = figures;
  return JSON.stringify({
    type: "progress",
    done: end !== undefined,
    elapsedMs: thousandths(elapsedMs),
    ok,
    failed,
    before,
    retries,
    inFlight,
    read,
    total: total ?? null,
    totalIsExact,
    bytes,
    size: size ?? null,
    share: share === undefined ? null : Number(share.toFixed(4)),
    perSecond: thousandths(perSecond),
    leftMs: leftMs === undefined || end ? null : thousandths(leftMs),
    load: load === undefined ? null : Number(load.toFixed(4)),
    counts: sums.counts,
    spent: sums.spent,
    ...(oldest && !end &&
      { oldest: { line: oldest.line, ms: thousandths(oldest.ms), timeout: oldest.ends } }),
    ...(pause && !end && { paused: { ms: thousandths(pause.ms), keys: pause.keys } }),
    ...(end && lastFields(end)),
  });
}

export function failureLine({ place, index, number, file }: Failure, error: FailureText): string {
  return JSON.stringify({ type: "failure", index, line: number, file: file ?? null, place, ...error });
}

interface FailureText {
  name: string;
  message: string;
  text: string;
}

/** The object of the kinds of errors of failed inputs, or of attempts that were followed by another; the most frequent first. */
export function kindsLine(type: "errors" | "retries", kinds: ErrorKinds): string {
  const list = kinds.list().map(({ text, count }) => ({ like: text, count }));
  return JSON.stringify({ type, kinds: list, others: kinds.others });
}

function lastFields({ exitCode, taskMs, runTime }: JsonEnd): Record<string, unknown> {
  const { p50, p90, p99, max } = runTime;
  return {
    exitCode,
    taskMs: thousandths(taskMs),
    ms: { p50: thousandths(p50), p90: thousandths(p90), p99: thousandths(p99), max: thousandths(max) },
  };
}
