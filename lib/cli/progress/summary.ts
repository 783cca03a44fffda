/**
 * What is said of a run when it is over.
 *
 * @module
 */

import { formatCount, formatRatio, formatTime, plural } from "./format.ts";
import type { Tally } from "./tally.ts";
import { colored } from "./terminal.ts";

/** `✗ 1,200 inputs in 3.2 s: 1,166 ok, 34 failed, 70 retries. One at a time: about 61 s (19.1×)`. */
export function summaryLine(tally: Tally): string {
  const { done, ok, failed, retries, taskTime, elapsed } = tally;
  const left = leftText(tally);
  const counts = failed === 0 ? "all ok" : `${formatCount(ok)} ok, ${formatCount(failed)} failed`;
  let text = `${plural(done, "input")} in ${formatTime(elapsed)}`;
  if (done > 0) text += `: ${counts}`;
  if (retries > 0) text += `, ${formatCount(retries)} ${retries === 1 ? "retry" : "retries"}`;
  if (tally.doneBefore > 0) text += `; ${beforeText(tally)}`;
  if (left) text += `; ${left}`;
  const ratio = taskTime / elapsed;
  if (ratio >= 1.05) {
    // On a full loop a task's time contains its waits for its neighbours: then the sum says only this much.
    text += tally.cpuBound
      ? `. One at a time: less than ${formatTime(taskTime)} (the CPU was the limit)`
      : `. One at a time: about ${formatTime(taskTime)} (${formatRatio(ratio)})`;
  }
  return `${
    left || failed > 0 || tally.before.failed > 0 ? colored("red", "✗") : colored("green", "✓")
  } ${text}`;
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
