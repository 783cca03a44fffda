/**
 * Opens and closes the files of `--report`, `--trace` and `--stats`. They are opened before anything runs, so that a long run does
 * not fail at its end because a folder does not exist.
 */

import { closeSync, ftruncateSync, writeSync } from "node:fs";
import type { RunOptions } from "../flags/options.ts";
import { checkWritable, openToWrite } from "../output/writable.ts";
import { statOf } from "../stdio/stdio.ts";

const REPORTS = ["report", "trace", "stats"] as const;

type ReportName = typeof REPORTS[number];

export interface ReportFile {
  path: string;
  fd: number;
}

export type ReportFiles = Partial<Record<ReportName, ReportFile>>;

/** Opens the reports. Their content stays until {@link emptyReports}. @throws {UserError} if one cannot be opened */
export function openReports(options: RunOptions): ReportFiles {
  const files: ReportFiles = {};
  for (const [name, path] of checkReports(options)) {
    files[name] = { path, fd: openToWrite(`--${name}`, path) };
  }
  return files;
}

/**
 * Checks that the reports can be opened, without changing them.
 *
 * @returns the flags and paths of the reports
 * @throws {UserError} if one cannot be opened
 */
export function checkReports(options: RunOptions): [ReportName, string][] {
  const wanted: [ReportName, string][] = [];
  for (const name of REPORTS) {
    const path = options[name];
    if (path === undefined) continue;
    checkWritable(`--${name}`, path);
    wanted.push([name, path]);
  }
  return wanted;
}

export function emptyReports(files: ReportFiles): void {
  for (const { fd } of Object.values(files)) if (statOf(fd)?.isFile()) ftruncateSync(fd);
}

export function writeText(fd: number, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes));
}

export function closeReports(files: ReportFiles): void {
  for (const { fd } of Object.values(files)) closeSync(fd);
}
