/**
 * What is written to the user rather than to a file: synchronously, so that nothing is lost when the
 * process ends, and past `process.stdout`, which a task in this thread may have redirected.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import process from "node:process";

/** Writes to stderr. A closed stderr is no reason to stop. */
export function printError(text: string): void {
  write(2, text);
}

/** Writes to stdout: help and the version, never results. */
export function printText(text: string): void {
  write(1, text);
}

/** Whether a person sees stderr as it is written. */
export function isTerminal(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

/** The size of the terminal, 80 × 24 if it does not tell. */
export function terminalSize(): { columns: number; rows: number } {
  const { columns, rows } = process.stderr;
  return { columns: columns || 80, rows: rows || 24 };
}

/** Colours text where that is welcome (https://no-color.org). */
export function colored(color: "green" | "red" | "dim", text: string): string {
  if (!isTerminal() || process.env.NO_COLOR) return text;
  const code = { green: 32, red: 31, dim: 2 }[color];
  return `\x1b[${code}m${text}\x1b[0m`;
}

function write(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes));
  } catch {
    // Nobody reads; there is no one left to tell.
  }
}
