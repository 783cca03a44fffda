/** The output of `polyloop status` without `--json`. */

import { isSilent, type RunStatus } from "./run_status.ts";
import { firstLine, formatCount, formatTime, plural, retriesText } from "../../progress/format.ts";
import { sumsText } from "../../progress/run_sums.ts";

/** An outcome that came longer ago than this, in milliseconds, is worth a word while a run goes on. */
const LONG_AGO = 10_000;

/**
 * ```
 * running: 354 of about 500 inputs done (70 %), 351 ok, 3 failed, 4 retries; about 12 s left
 * process 4711 on host, for 34 s; 32 in flight
 * 12.2/s in the last minute, 11.9/s overall
 * …
 * ```
 */
export function statusText(status: RunStatus, resume: string | undefined, now: number): string {
  const { rate, ms, slowest, errors, meanRate, kept, state } = status;
  const lines = [countsText(status), processText(status, now)];
  if (isSilent(status, now)) {
    lines.push(
      `silent for ${formatTime(now - Date.parse(status.updated))}: the process may be suspended or blocked`,
    );
  }
  if (meanRate > 0) {
    const minute = state === "running" ? "the last minute" : "its last minute";
    lines.push(`${formatCount(rate)}/s in ${minute}, ${formatCount(meanRate)}/s overall`);
  }
  if (kept > 0) {
    lines.push(
      `also kept: ${plural(kept, "outcome")} whose ${kept === 1 ? "input is" : "inputs are"} missing`,
    );
  }
  const sums = sumsText(status);
  if (sums !== "") lines.push(`sums: ${sums}`);
  if (ms) {
    const times = Object.entries(ms).map(([name, time]) => `${name} ${formatTime(time)}`);
    lines.push(`times: ${times.join(", ")}`);
  }
  if (slowest.length > 0) {
    lines.push("slowest:", ...slowest.map(({ line, ms }) => `  line ${line}: ${formatTime(ms)}`));
  }
  if (errors.length > 0) {
    lines.push(
      "errors:",
      ...errors.map(({ name, message, count, line }) =>
        `  ${formatCount(count)} × ${firstLine(name)}: ${firstLine(message)}  (line ${line} first)`
      ),
    );
  }
  if (resume) lines.push(`to go on: ${resume}`);
  return lines.join("\n") + "\n";
}

function countsText(status: RunStatus): string {
  const { state, done, ok, failed, retries, leftMs } = status;
  let text = `${state}: ${progressText(status)}, ${formatCount(ok)} ok, ${formatCount(failed)} failed`;
  if (retries > 0) text += `, ${retriesText(retries)}`;
  if (leftMs !== null && done > 0) text += `; about ${formatTime(leftMs)} left`;
  return text;
}

function progressText({ state, done, total, totalIsExact, share }: RunStatus): string {
  if (state === "finished") return `${plural(done, "input")} done`;
  if (total === null) return `${plural(done, "input")} done, total not known yet`;
  // Rounded down: 100 % is all of them.
  const percent = Math.floor(share! * 100);
  return `${formatCount(done)} of ${totalIsExact ? "" : "about "}${
    plural(total, "input")
  } done (${percent} %)`;
}

function processText(status: RunStatus, now: number): string {
  const { state, process, sessions, lastOutcome, updated, inFlight } = status;
  if (!process) return "a process that resumes the run is starting";
  const { pid, host, since } = process;
  const nth = sessions > 1 ? `, the run's session ${sessions}` : "";
  if (state !== "running") return `last process: ${pid} on ${host}, until ${updated}${nth}`;
  let text = `process ${pid} on ${host}, for ${formatTime(now - Date.parse(since))}${nth}; ${
    formatCount(inFlight)
  } in flight`;
  const ago = lastOutcome === null ? 0 : now - Date.parse(lastOutcome);
  if (ago > LONG_AGO) text += `; the last outcome came ${formatTime(ago)} ago`;
  return text;
}
