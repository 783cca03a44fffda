/**
 * Draws a line in the last row of the terminal. Tasks in threads and processes, and programs behind a pipe, write to
 * the same terminal. Therefore the last row is taken out of the scroll region, as apt does, and other output stays
 * above it. Libraries such as log-update@8 assume that no other program writes, and erase the last line of a task.
 * After a SIGKILL, the row stays out of the scroll region until the next run, `reset`, or a resize.
 */

import process from "node:process";
import { draw as write, terminalSize } from "./terminal.ts";

/** Time between two drawings, in milliseconds. A guess: a person sees no steps. */
const INTERVAL = 100;

/** Number of drawings after which the scroll region is set again, because another run in the same pipe may have reset it. */
const SET_AGAIN = 20;

/** Minimum number of rows of a terminal with a live line. */
const MIN_ROWS = 4;

const SAVE = "\x1b7";
const RESTORE = "\x1b8";
const ERASE_BELOW = "\x1b[J";
/** Leaves the last row, scrolling if need be, and keeps the column, because the cursor may be in the middle of a line. */
const LEAVE_LAST_ROW = "\x1bD\x1b[A";
/** Goes to the last row, whatever its number: tmux may have changed the size, and the signal may still be on its way. */
const LAST_ROW = "\x1b[9999;1H\x1b[2K";
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

export const GIVE_BACK = `${SAVE}\x1b[r${RESTORE}${ERASE_BELOW}`;

const SIGQUIT_CODE = 131;

/**
 * Draws the live line until the returned function is called.
 *
 * @param textFor the line's text for a number of columns; it is narrower than that
 */
export function startLiveLine(textFor: (columns: number) => string): () => void {
  let drawnFor: string | undefined;
  let drawings = 0;
  const timer = setInterval(draw, INTERVAL);
  const handlers = process.platform === "win32" ? [] : Object.entries({
    SIGWINCH: draw,
    SIGCONT: draw,
    // Restores the terminal while the process is suspended, and after it has ended.
    SIGTSTP() {
      release();
      process.kill(process.pid, "SIGSTOP");
    },
    SIGQUIT: () => process.exit(SIGQUIT_CODE),
  });
  for (const [name, handler] of handlers) process.on(name, handler);
  process.on("exit", release);

  return () => {
    clearInterval(timer);
    for (const [name, handler] of handlers) process.off(name, handler);
    process.off("exit", release);
    release();
  };

  /** Draws in a single write, so that no other program writes in between. */
  function draw(): void {
    const { columns, rows } = terminalSize();
    if (rows < MIN_ROWS) return release();
    const size = `${columns}x${rows}`;
    const isNew = drawnFor !== size;
    // After a resize, the old line may be anywhere below the cursor, and wrapped.
    const clean = isNew && drawnFor !== undefined ? ERASE_BELOW : "";
    const scrolls = isNew || ++drawings % SET_AGAIN === 0 ? `\x1b[1;${rows - 1}r` : "";
    const line = `${LAST_ROW}${NO_WRAP}${textFor(columns)}${WRAP}`;
    drawnFor = size;
    write("stderr", `${clean}${LEAVE_LAST_ROW}${SAVE}${scrolls}${line}${RESTORE}`);
  }

  function release(): void {
    if (drawnFor === undefined) return;
    drawnFor = undefined;
    write("stderr", GIVE_BACK);
  }
}
