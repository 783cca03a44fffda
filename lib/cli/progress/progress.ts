/**
 * How a run shows that it goes on: a bar, a line now and then, or nothing. Whatever else is to be
 * said on stderr meanwhile goes through it as well, so that the two do not mix.
 *
 * @module
 */

import { barText, drawBar, eraseBar } from "./bar.ts";
import { formatCount, formatTime, plural } from "./format.ts";
import type { Tally } from "./tally.ts";
import { columns, isTerminal, printError, showsResults } from "./terminal.ts";

/** Progress under way. */
export interface Progress {
  /** Prints a line on stderr. */
  line(text: string): void;
  /** Ends the display. */
  stop(): void;
}

/** How progress is shown. */
export interface ProgressOptions {
  mode: "auto" | "plain" | "none";
  /** Whether the results go to stdout. */
  toStdout: boolean;
}

/** Starts showing progress on stderr. `auto` is a bar on a terminal, unless the results appear on it as well. */
export function startProgress({ mode, toStdout }: ProgressOptions, tally: Tally): Progress {
  if (mode === "none") return { line: (text) => printError(`${text}\n`), stop() {} };
  if (mode === "auto" && isTerminal() && !(toStdout && showsResults())) return startBar(tally);
  return startLines(tally, mode === "plain" ? 2_000 : 10_000);
}

function startBar(tally: Tally): Progress {
  const draw = () => drawBar(barText(tally, columns()));
  const timer = setInterval(draw, 100);
  let stopped = false;
  draw();
  return {
    line(text) {
      if (!stopped) eraseBar();
      printError(`${text}\n`);
      if (!stopped) draw();
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      eraseBar();
    },
  };
}

function startLines(tally: Tally, interval: number): Progress {
  const timer = setInterval(() => printError(`${progressLine(tally)}\n`), interval);
  return {
    line: (text) => printError(`${text}\n`),
    stop: () => clearInterval(timer),
  };
}

/** `1,200 inputs in 4.0 s (300/s), 12 failed, 40%`. */
export function progressLine(tally: Tally): string {
  const parts = [
    `${plural(tally.done, "input")} in ${formatTime(tally.elapsed)} (${formatCount(tally.rate)}/s)`,
  ];
  if (tally.failed > 0) parts.push(`${formatCount(tally.failed)} failed`);
  if (tally.share !== undefined) parts.push(`${Math.floor(tally.share * 100)}%`);
  return parts.join(", ");
}
