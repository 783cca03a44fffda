/**
 * One line at the bottom of a terminal on which others write as well: tasks, from threads and processes of their own,
 * and the programs behind a pipe. So the last row is taken out of what scrolls, as apt does: whatever anybody
 * writes stays above it. (log-update@8 and its kin assume that they alone write: it was seen to erase a
 * task's last line.) After a SIGKILL the row stays out until the next run, `reset`, or a resize.
 *
 * @module
 */

import process from "node:process";
import { draw as write, terminalSize } from "./terminal.ts";

const INTERVAL = 100;

/** After so many drawings the terminal is told again what scrolls: a run that ends before in the same pipe resets it. */
const SET_AGAIN = 20;

/** In fewer rows there is no room for a line that stays. */
const LEAST_ROWS = 4;

const SAVE = "\x1b7";
const RESTORE = "\x1b8";
const ERASE_BELOW = "\x1b[J";
/** Leaves the last row, with a scroll if need be, and keeps the column: what stands there may be half a line. */
const LEAVE_LAST_ROW = "\x1bD\x1b[A";
/** The last row, however many there are: tmux may have changed the size and not told so yet. */
const LAST_ROW = "\x1b[9999;1H\x1b[2K";
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

/** Gives the last row back to what scrolls. */
export const GIVE_BACK = `${SAVE}\x1b[r${RESTORE}${ERASE_BELOW}`;

const SIGQUIT_CODE = 131;

/** Shows what `textFor` says, which is less than so many columns wide, until the function that it returns is called. */
export function startLiveLine(textFor: (columns: number) => string): () => void {
  let drawnFor: string | undefined;
  let drawings = 0;
  const timer = setInterval(draw, INTERVAL);
  const handlers = process.platform === "win32" ? [] : Object.entries({
    SIGWINCH: draw,
    SIGCONT: draw,
    // Who suspends or ends the process has the whole terminal back.
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

  /** All in one write, so that nobody's comes in between. */
  function draw(): void {
    const { columns, rows } = terminalSize();
    if (rows < LEAST_ROWS) return release();
    const size = `${columns}x${rows}`;
    const isNew = drawnFor !== size;
    // The line before may be anywhere below the cursor now, and wrapped.
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
