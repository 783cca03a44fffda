/**
 * The text of the live line, which fits into the columns of the terminal. If there are too few, the least important parts are left
 * out; no part is cut.
 */

import type { Figures, OldestInput, Pause } from "./figures.ts";
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatRate,
  formatTime,
  plural,
  retriesText,
} from "./format.ts";
import { sumTexts } from "./run_sums.ts";
import { colored } from "./terminal.ts";
import { visibleLine } from "./visible.ts";

/** Minimum and maximum length of the bar, in columns. */
const MIN_BAR = 8;
const MAX_BAR = 24;

interface Part {
  text: string;
  rank: number;
  color?: "red";
}

/**
 * The live line: `████████░░░░  40%  1,200/3,000  12 failed  300/s  32 in flight  slots 97%  6.0 s left`.
 *
 * @param columns width of the terminal; the line is narrower
 */
export function liveLineText(figures: Figures, columns: number): string {
  // A line that reaches the last column may wrap.
  const room = columns - 1;
  const { share } = figures;
  let parts = partsOf(figures);
  let barRank = share === undefined ? 0 : BAR_RANK;
  const width = () => widthOf(parts) + (barRank > 0 ? MIN_BAR + 1 : 0);
  while (parts.length > 0 && width() > room) {
    const least = Math.min(...parts.map(({ rank }) => rank));
    if (barRank > 0 && barRank < least) barRank = 0;
    else parts = parts.filter(({ rank }) => rank !== least);
  }
  if (parts.length === 0) return "";
  const text = parts.map(({ text, color }) => color ? colored(color, text) : text).join("  ");
  if (barRank === 0) return text;
  const length = Math.min(MAX_BAR, MIN_BAR + room - width());
  const full = Math.floor(share! * length);
  return `${colored("green", "█".repeat(full))}${colored("dim", "░".repeat(length - full))} ${text}`;
}

const BAR_RANK = 5;

/** The rank of the first sum. Each further one has a lower rank, down to that of retries. */
const SUMS_RANK = 4;

/** Maximum number of sums. A guess: more are hard to read in one line. */
const MAX_SUMS = 8;

/** Number of digits of a sum that is no whole number. A guess: more would push out other parts. */
const DIGITS = 6;

function partsOf(figures: Figures): Part[] {
  const { share, failed, retries, oldest, pause, perSecond, inFlight, load, leftMs, elapsedMs, bytes, sums } =
    figures;
  const parts: (Part | false)[] = [
    share !== undefined && { text: formatPercent(share, "down").padStart(4), rank: 9 },
    { text: doneText(figures), rank: 10 },
    figures.total === undefined && bytes > 0 && { text: `${formatBytes(bytes)} read`, rank: 4 },
    failed > 0 && { text: `${formatCount(failed)} failed`, rank: 8, color: "red" },
    retries > 0 && { text: retriesText(retries), rank: 3 },
    pause !== undefined && { text: pauseText(pause), rank: 7.2 },
    ...sumTexts(sums.counts, DIGITS).slice(0, MAX_SUMS).map((text, at) => ({
      text: visibleLine(text),
      rank: SUMS_RANK - at / (at + 1),
    })),
    { text: formatRate(perSecond), rank: 6 },
    { text: `${formatCount(inFlight)} in flight`, rank: 2 },
    load !== undefined && { text: `slots ${formatPercent(load)}`, rank: 1 },
    oldest !== undefined && { text: oldestText(oldest), rank: 7.5 },
    { text: leftMs === undefined ? formatTime(elapsedMs) : `${formatTime(leftMs)} left`, rank: 7 },
  ];
  return parts.filter((part) => part !== false);
}

/** `309/530`, `309/~530` while the total is an estimate, `309 done` while it is unknown. */
function doneText({ done, total, totalIsExact }: Figures): string {
  if (total === undefined) return `${formatCount(done)} done`;
  return `${formatCount(done)}/${totalIsExact ? "" : "~"}${formatCount(total)}`;
}

/** The pause after an error's `retryAfter`: `paused for 28 s`, `3 keys paused`. */
export function pauseText({ ms, keys }: Pause): string {
  return ms > 0 ? `paused for ${formatTime(ms)}` : `${plural(keys, "key")} paused`;
}

/** The input that has been in flight for longest: `line 6 for 45 s, no --timeout`. */
export function oldestText({ line, ms, ends }: OldestInput): string {
  return `line ${formatCount(line)} for ${formatTime(ms)}${ends ? "" : ", no --timeout"}`;
}

function widthOf(parts: Part[]): number {
  // No character is wider than a column in any font.
  return parts.reduce((sum, { text }) => sum + text.length, 2 * (parts.length - 1));
}
