/**
 * Prints to stderr and stdout. Writes synchronously, so that nothing is lost when the process ends. Does not use
 * `process.stdout`, which a task in this thread may have redirected.
 */

import process from "node:process";
import { writeSomeSync } from "../stdio/stdio.ts";
import { systemReason, UserError } from "../user_error.ts";
import { notice, visible, visibleLine } from "./visible.ts";

const MARKS: [sign: string, color: "green" | "red"][] = [["✓", "green"], ["✗", "red"]];

/** Whether only JSON objects are printed, for programs. */
let objectsAlone = false;

/** From now on, polyloop prints only JSON objects to stderr, one per line: `--progress json`. */
export function printObjectsAlone(): void {
  objectsAlone = true;
}

export function printObject(json: string): void {
  write(2, `${visible(json)}\n`);
}

/** Prints a line to stderr. Control characters in it are escaped. A closed stderr is ignored. */
export function printLine(text: string): void {
  if (objectsAlone) return printObject(notice(text.replace(/^polyloop: /, ""), { json: true }));
  const line = visibleLine(text);
  const mark = MARKS.find(([sign]) => line.startsWith(sign));
  write(2, `${mark ? colored(mark[1], mark[0]) + line.slice(mark[0].length) : line}\n`);
}

export function printError(text: string): void {
  if (objectsAlone) return printLine(text.trimEnd());
  write(2, visible(text));
}

/**
 * Prints to stdout: help, figures and the version, never results. A stdout whose reader is gone is ignored.
 *
 * @throws {UserError} if the text was not written, such as on a full disk
 */
export function printText(text: string): void {
  const error = write(1, visible(text));
  if (error === undefined || (error as { code?: string }).code === "EPIPE") return;
  throw new UserError(`Cannot write to stdout: ${systemReason(error)}`, { isLoss: true });
}

/** Prints text with control sequences. Foreign text in it must be made {@link visible} first. */
export function draw(on: "stdout" | "stderr", text: string): void {
  write(on === "stdout" ? 1 : 2, text);
}

/**
 * Resolves once Node has written its queue for stderr, or no reader has taken any of it for `READER_TIMEOUT`. The queue may grow
 * meanwhile: tasks in threads print through the main thread. A process that starts may make the pipe non-blocking for a moment.
 */
export async function stderrHasLeft(): Promise<void> {
  const { stderr } = process;
  for (let before; !stderr.destroyed && (before = queued(stderr)) > 0;) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(queued(stderr) < before), READER_TIMEOUT);
    stderr.write("", () => resolve(true));
    const hasMoved = await promise;
    clearTimeout(timer);
    if (!hasMoved) return;
  }
}

/** The bytes that a stream has queued, also those of a write that is under way. */
function queued(stream: typeof process.stderr): number {
  const { _handle } = stream as { _handle?: { writeQueueSize?: number } };
  return stream.writableLength + (_handle?.writeQueueSize ?? 0);
}

export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

export function terminalSize(): { columns: number; rows: number } {
  const { columns, rows } = process.stderr;
  return { columns: columns || 80, rows: rows || 24 };
}

/** Maximum length of a line of help. A guess: longer lines are hard to read. */
const MAX_COLUMNS = 100;

/** Returns the maximum length of a line of help: the width of the terminal, even behind a pager, or 80 without a terminal. */
export function helpColumns(): number {
  return Math.min(MAX_COLUMNS, process.stdout.columns || process.stderr.columns || 80);
}

/** Colours text on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function colored(color: "green" | "red" | "dim", text: string): string {
  if (!isTerminal() || process.env.NO_COLOR) return text;
  const code = { green: 32, red: 31, dim: 2 }[color];
  return `\x1b[${code}m${text}\x1b[0m`;
}

/**
 * How long a line waits for the reader of a non-blocking pipe, in milliseconds. A guess: with less, a reader on a busy
 * machine misses lines; with more, a reader that is gone stops the run.
 */
const READER_TIMEOUT = 5_000;

/** Time between two tries to write, in milliseconds. */
const RETRY_DELAY = 5;

/** Whether a line was dropped because there was no reader. Until a line is read again, no line waits. */
let isStuck = false;

/** Returns the error if a part of the text was not written. */
function write(fd: number, text: string): unknown {
  // On Node, the output of tasks in threads is queued here. A line that overtook this queue could end up inside another
  // line.
  if (fd === 2 && process.stderr.writableLength > 0) {
    process.stderr.write(text);
    return undefined;
  }
  let bytes: Uint8Array = new TextEncoder().encode(text);
  let left = isStuck ? 0 : READER_TIMEOUT;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSomeSync(fd, bytes));
      isStuck = false;
    } catch (error) {
      // Node or another program has made the pipe non-blocking. A full pipe accepts the line a moment later.
      const isFull = (error as { code?: string }).code === "EAGAIN";
      // Otherwise there is no reader, or no space.
      if (!isFull) return error;
      isStuck = left <= 0;
      if (isStuck) return error;
      left -= RETRY_DELAY;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_DELAY);
    }
  }
  return undefined;
}
