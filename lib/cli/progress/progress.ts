/** Shows the progress of a run on stderr: a live line, plain lines, JSON objects, or nothing; and the summary at its end. */

import process from "node:process";
import type { RunOptions } from "../flags/options.ts";
import { liveLineText, oldestText, pauseText } from "./live_line_text.ts";
import type { ErrorKinds } from "./error_kinds.ts";
import { type Figures, Meter, type OldestInput, type ShownStats } from "./figures.ts";
import { formatCount, formatPercent, formatRate, formatTime, plural, retriesText } from "./format.ts";
import { jsonLine, kindsLine } from "./json_lines.ts";
import { startLiveLine } from "./live_line.ts";
import { sumTexts } from "./run_sums.ts";
import { summaryLines } from "./summary.ts";
import type { Tally } from "./tally.ts";
import { isTerminal, printLine, printObject } from "./terminal.ts";

/** Time between two lines of `--progress plain`, in milliseconds. */
const PLAIN_INTERVAL = 2_000;

/** Time between two lines of `--progress auto` without a terminal, in milliseconds. Longer, because nobody has asked for them. */
const AUTO_INTERVAL = 10_000;

/** Maximum number of sums in a plain line. A guess: more would make it long. */
const NAMED_SUMS = 5;

/** Time between two objects of `--progress json`, in milliseconds. */
const JSON_INTERVAL = 1_000;

export interface Progress {
  stop(): void;
  sumUp(exitCode: number): void;
}

interface ProgressInit {
  options: Pick<RunOptions, "progress" | "errors">;
  tally: Tally;
  host: { stats(): ShownStats };
  oldest(): OldestInput | undefined;
  kinds: ErrorKinds;
  retryKinds: ErrorKinds;
}

/** Starts to show progress. `auto` is a live line on a terminal, and plain lines elsewhere. */
export function startProgress(
  { options: { progress: mode, errors: errorsFile }, tally, host, oldest, kinds, retryKinds }: ProgressInit,
): Progress {
  const meter = new Meter(tally, () => host.stats(), oldest);
  const sumUp = (exitCode: number) => {
    const loops = host.stats().loopUtilization;
    summaryLines({ tally, loops, kinds, retryKinds, errorsFile, exitCode }).forEach(printLine);
  };
  switch (mode) {
    case "none":
      return { stop() {}, sumUp() {} };
    case "json": {
      const stop = every(JSON_INTERVAL, () => printObject(jsonLine(meter.read())));
      return {
        stop,
        sumUp(exitCode) {
          if (retryKinds.size > 0) printObject(kindsLine("retries", retryKinds));
          if (tally.failed > 0) printObject(kindsLine("errors", kinds));
          printObject(
            jsonLine(meter.read(), { exitCode, taskMs: tally.taskTime, runTime: tally.times.distribution() }),
          );
        },
      };
    }
    case "auto":
      if (isTerminal()) {
        return { stop: startLiveLine((columns) => liveLineText(meter.read(), columns)), sumUp };
      }
      return { stop: every(AUTO_INTERVAL, () => printLine(plainLine(meter.read()))), sumUp };
    case "plain":
      return { stop: every(PLAIN_INTERVAL, () => printLine(plainLine(meter.read()))), sumUp };
    default:
      return mode satisfies never;
  }
}

/** Prints at intervals, and on Ctrl-T on macOS, until the returned function is called. */
function every(interval: number, print: () => void): () => void {
  const timer = setInterval(print, interval);
  if (process.platform === "darwin") process.on("SIGINFO", print);
  return () => {
    clearInterval(timer);
    process.off("SIGINFO", print);
  };
}

/** A plain line: `1,200 of 3,000 inputs in 4.0 s (300/s), 12 failed, 32 in flight, slots 97%, 40%, 6.0 s left`. */
export function plainLine(figures: Figures): string {
  const { done, total, totalIsExact, elapsedMs, perSecond, failed, retries } = figures;
  const { inFlight, load, share, leftMs, oldest, pause, sums } = figures;
  const inputs = total === undefined
    ? plural(done, "input")
    : `${formatCount(done)} of ${totalIsExact ? "" : "about "}${plural(total, "input")}`;
  const parts = [
    `${inputs} in ${formatTime(elapsedMs)} (${formatRate(perSecond)})`,
    failed > 0 && `${formatCount(failed)} failed`,
    retries > 0 && retriesText(retries),
    pause !== undefined && pauseText(pause),
    ...sumTexts(sums.counts).slice(0, NAMED_SUMS),
    `${formatCount(inFlight)} in flight`,
    load !== undefined && `slots ${formatPercent(load)}`,
    share !== undefined && formatPercent(share, "down"),
    oldest !== undefined && oldestText(oldest),
    leftMs !== undefined && `${formatTime(leftMs)} left`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}
