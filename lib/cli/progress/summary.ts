/**
 * What is said of a run when it is over, in three lines: what became of the inputs; what the run won against one at a
 * time, and how long a task took; where the failures are. What says nothing is left out.
 *
 * @module
 */

import type { Distribution } from "../../executor/histogram.ts";
import type { ErrorKinds } from "./error_kinds.ts";
import {
  firstLine,
  formatCount,
  formatRatio,
  formatTaskTime,
  formatTime,
  plural,
  retriesText,
} from "./format.ts";
import type { Tally } from "./tally.ts";

/** What there is to sum up. */
export interface Outcome {
  tally: Tally;
  /** How long the tasks ran. */
  runTime: Distribution;
  kinds: ErrorKinds;
  /** The file that has the failed inputs. */
  errorsFile: string | undefined;
}

/**
 * ```
 * ✗ 1,200 inputs in 3.2 s: 1,166 ok, 34 failed, 70 retries
 *   19.1× one at a time (about 61 s); p50 48 ms, p90 120 ms, p99 1.2 s
 *   failures: failed.jsonl, 30 like Error: no such page
 * ```
 */
export function summaryLines({ tally, runTime, kinds, errorsFile }: Outcome): string[] {
  const percentiles = tally.done > 1
    ? (["p50", "p90", "p99"] as const).map((name) => `${name} ${formatTaskTime(runTime[name])}`).join(", ")
    : "";
  const times = [ratioText(tally), percentiles].filter((text) => text !== "").join("; ");
  const more = [times, failuresText(tally.failed, kinds, errorsFile)].filter((text) => text !== "");
  return [countsLine(tally), ...more.map((text) => `  ${text}`)];
}

function countsLine(tally: Tally): string {
  const { done, ok, failed, retries, elapsed } = tally;
  const left = leftText(tally);
  const counts = failed === 0 ? "all ok" : `${formatCount(ok)} ok, ${formatCount(failed)} failed`;
  let text = `${plural(done, "input")} in ${formatTime(elapsed)}`;
  if (done > 0) text += `: ${counts}`;
  if (retries > 0) text += `, ${retriesText(retries)}`;
  if (tally.doneBefore > 0) text += `; ${beforeText(tally)}`;
  if (left) text += `; ${left}`;
  const isWell = !left && failed === 0 && tally.before.failed === 0;
  return `${isWell ? "✓" : "✗"} ${text}`;
}

/** What the journal knew. */
function beforeText({ doneBefore, before }: Tally): string {
  const failed = before.failed > 0 ? ` (${formatCount(before.failed)} failed)` : "";
  return `${formatCount(doneBefore)} done before${failed}`;
}

/** What has not run, as far as it is known. */
function leftText({ left, stopped, unread }: Tally): string {
  const parts = [];
  // Of an input that was aborted, nobody knows how far it came.
  if (left > 0) parts.push(`${formatCount(left)} not run${stopped > 0 ? " to the end" : ""}`);
  if (unread) parts.push("the rest of the input not read");
  return parts.join(", ");
}

function ratioText({ taskTime, elapsed, cpuBound }: Tally): string {
  const ratio = taskTime / elapsed;
  if (!(ratio >= 1.05)) return "";
  // On a full loop a task's time contains its waits for its neighbours: then the sum says only this much.
  if (cpuBound) return `one at a time: less than ${formatTime(taskTime)} (the CPU was the limit)`;
  return `${formatRatio(ratio)} one at a time (about ${formatTime(taskTime)})`;
}

/** `failures: failed.jsonl, 30 like Error: no such page`. */
function failuresText(failed: number, { mostFrequent }: ErrorKinds, errorsFile: string | undefined): string {
  if (failed === 0) return "";
  const parts = errorsFile === undefined ? [] : [errorsFile];
  // One alone is on the screen already. Where it came from is with the others, on the screen or in the file.
  if (mostFrequent && failed > 1) {
    const text = mostFrequent.text.replace(/ {2}\([^()]*\)$/, "");
    parts.push(`${formatCount(mostFrequent.count)} like ${firstLine(text, 120)}`);
  }
  return parts.length === 0 ? "" : `failures: ${parts.join(", ")}`;
}
