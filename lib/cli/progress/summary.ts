/**
 * The summary at the end of a run: counts of the inputs, how much longer one task at a time would have taken, percentiles
 * of the task times, the failures by kind, and the retries by cause. Lines and figures without a meaning for the run are left out.
 */

import { ExitCode } from "../run/exit_code.ts";
import type { ErrorKinds } from "./error_kinds.ts";
import {
  firstLine,
  formatCount,
  formatTaskTime,
  formatTime,
  plural,
  retriesText,
  withoutPlace,
} from "./format.ts";
import { effortText } from "./one_at_a_time.ts";
import { sumsText } from "./run_sums.ts";
import type { Tally } from "./tally.ts";

interface Outcome {
  tally: Tally;
  /** Part of the time in which the event loops were busy, from 0 to 1; undefined if not known. */
  loops: number | undefined;
  kinds: ErrorKinds;
  retryKinds: ErrorKinds;
  errorsFile: string | undefined;
  exitCode: number;
}

/** Maximum number of kinds of errors that are named. A guess: more would fill a screen. */
const NAMED_KINDS = 5;

/** Maximum number of causes of retries that are named. A guess: fewer, because these attempts were made good. */
const NAMED_CAUSES = 3;

/**
 * The lines of the summary:
 *
 * ```text
 * ✗ 1,200 inputs in 3.2 s: 1,166 ok, 34 failed, 70 retries
 *   19.1× one at a time (about 61 s); p50 48 ms, p90 120 ms, p99 1.2 s
 *   sums: tokens 812,345, usd 15.5; in all attempts: tokens 850,120, usd 16.2
 *   failures: failed.jsonl, 30 like Error: no such page
 *     4 like TypeError: fetch failed
 *   retries: 66 like Error: HTTP 503
 *     4 like TaskTimeoutError: the task took longer than 2 s
 *   2 pauses by retryAfter (60 s in all)
 * ```
 */
export function summaryLines({ tally, loops, kinds, retryKinds, errorsFile, exitCode }: Outcome): string[] {
  const runTime = tally.times.distribution();
  const percentiles = tally.done > 1
    ? (["p50", "p90", "p99"] as const).map((name) => `${name} ${formatTaskTime(runTime[name])}`).join(", ")
    : "";
  const times = [effortText(tally.effort(loops)), percentiles].filter((text) => text !== "").join("; ");
  const failures = failureLines(tally.failed, kinds, errorsFile);
  const pauses = tally.pauses.text(performance.now());
  const sums = sumsText(tally.sums.read());
  const more = [times, sums && `sums: ${sums}`, ...failures, ...retryLines(retryKinds), pauses].filter((
    text,
  ) => text !== "");
  return [countsLine(tally, exitCode), ...more.map((text) => `  ${text}`)];
}

function countsLine(tally: Tally, exitCode: number): string {
  const { done, ok, failed, retries, elapsed } = tally;
  const left = leftText(tally);
  // By the exit code, because a run that was stopped did not succeed, even if all its inputs did.
  const isWell = exitCode === ExitCode.ok;
  const counts = isWell
    ? "all ok"
    : `${formatCount(ok)} ok${failed > 0 ? `, ${formatCount(failed)} failed` : ""}`;
  let text = `${plural(done, "input")} in ${formatTime(elapsed)}`;
  if (done > 0) text += `: ${counts}`;
  if (retries > 0) text += `, ${retriesText(retries)}`;
  if (tally.doneBefore > 0) text += `; ${beforeText(tally)}`;
  if (left) text += `; ${left}`;
  return `${isWell ? "✓" : "✗"} ${text}`;
}

/** `40 done before (2 failed)`: outcomes of earlier sessions. */
function beforeText({ doneBefore, before }: Tally): string {
  const failed = before.failed > 0 ? ` (${formatCount(before.failed)} failed)` : "";
  return `${formatCount(doneBefore)} done before${failed}`;
}

/** `3 not run, the rest of the input not read`; empty if everything has run. */
function leftText({ left, stopped, unread }: Tally): string {
  const parts = [];
  // An input that was aborted may have run in part.
  if (left > 0) parts.push(`${formatCount(left)} not run${stopped > 0 ? " to the end" : ""}`);
  if (unread) parts.push("the rest of the input not read");
  return parts.join(", ");
}

/** `failures: failed.jsonl, 30 like Error: no such page`, and a line for each further kind. */
function failureLines(failed: number, kinds: ErrorKinds, errorsFile: string | undefined): string[] {
  if (failed === 0) return [];
  // A single failure is on the screen already.
  const [first, ...further] = failed > 1 ? kindsText(kinds, NAMED_KINDS) : [];
  const head = [errorsFile, first].filter((text) => text !== undefined);
  return head.length === 0 ? [] : [`failures: ${head.join(", ")}`, ...further.map((text) => `  ${text}`)];
}

/** `retries: 66 like Error: HTTP 503`, and a line for each further cause. */
function retryLines(kinds: ErrorKinds): string[] {
  const [first, ...further] = kindsText(kinds, NAMED_CAUSES);
  return first === undefined ? [] : [`retries: ${first}`, ...further.map((text) => `  ${text}`)];
}

/** `30 like Error: no such page` for each kind, the most frequent first, at most `named` of them. */
function kindsText(kinds: ErrorKinds, named: number): string[] {
  const list = kinds.list();
  const rest = list.slice(named);
  const lines = list.slice(0, named).map(({ text, count }) =>
    `${formatCount(count)} ${count === 1 ? "×" : "like"} ${firstLine(withoutPlace(text), 120)}`
  );
  const count = rest.reduce((sum, kind) => sum + kind.count, kinds.others);
  if (count === 0) return lines;
  const more = kinds.others > 0
    ? `more than ${plural(rest.length, "other kind")}`
    : plural(rest.length, "other kind");
  return [...lines, `${formatCount(count)} of ${more}`];
}
