/**
 * The live line at the bottom of a terminal. Tasks write to the same terminal, from threads of their
 * own and unknown to us. So the cursor rests on an empty line above the bar, where what they write
 * goes; the next drawing moves the bar below it. (log-update@8 and its kin assume that they alone
 * write: it was seen to erase a task's last line.)
 *
 * @module
 */

import { formatCount, formatTime } from "./format.ts";
import type { Tally } from "./tally.ts";
import { colored, printError } from "./terminal.ts";

const ERASE_BELOW = "\x1b[J";
const UP = "\x1b[1A";
const WIDTH = 24;

/** Draws the bar, in place of the one before. */
export function drawBar(text: string): void {
  printError(`${ERASE_BELOW}\n${text}${UP}\r`);
}

/** Takes the bar away. */
export function eraseBar(): void {
  printError(ERASE_BELOW);
}

/** `████████░░░░  40%  1,200 done  12 failed  300/s  4.0 s`, cut to the terminal's width. */
export function barText(tally: Tally, columns: number): string {
  const { share } = tally;
  const parts = [`${formatCount(tally.done)} done`];
  if (tally.failed > 0) parts.push(`${formatCount(tally.failed)} failed`);
  parts.push(`${formatCount(tally.rate)}/s`, formatTime(tally.elapsed));
  if (share !== undefined && share > 0 && share < 1) {
    parts.push(`${formatTime((tally.elapsed / share) * (1 - share))} left`);
  }
  const figures = parts.join("  ");
  // A line that reaches the last column would wrap, and then the cursor would rest on the wrong one.
  const room = columns - 1;
  if (share === undefined || figures.length + WIDTH + 8 > room) return figures.slice(0, room);
  const full = Math.floor(share * WIDTH);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `${colored("green", "█".repeat(full))}${
    colored("dim", "░".repeat(WIDTH - full))
  } ${percent}  ${figures}`;
}
