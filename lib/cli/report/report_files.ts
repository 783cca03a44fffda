/**
 * The files of `--report`, `--trace` and `--stats`: opened before anything runs, so that a run of hours does not end in
 * a folder that is not there.
 *
 * @module
 */

import { closeSync, fstatSync, ftruncateSync } from "node:fs";
import type { RunOptions } from "../flags/options.ts";
import { checkWritable, openToWrite } from "../output/writable.ts";

const REPORTS = ["report", "trace", "stats"] as const;

/** The flags that name one. */
type ReportName = typeof REPORTS[number];

/** One that is open. */
export interface ReportFile {
  path: string;
  fd: number;
}

/** Those that are wanted. */
export type ReportFiles = Partial<Record<ReportName, ReportFile>>;

/**
 * Opens them; they keep what is in them until {@link emptyReports}.
 *
 * @throws {UserError} if one cannot be opened
 */
export function openReports(options: RunOptions): ReportFiles {
  const files: ReportFiles = {};
  for (const [name, path] of checkReports(options)) {
    files[name] = { path, fd: openToWrite(`--${name}`, path) };
  }
  return files;
}

/**
 * Looks whether they could be opened; leaves everything as it is.
 *
 * @throws {UserError} as {@link openReports}
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

/** Makes room for what is written now. */
export function emptyReports(files: ReportFiles): void {
  for (const { fd } of Object.values(files)) if (fstatSync(fd).isFile()) ftruncateSync(fd);
}

/** Closes what was opened. */
export function closeReports(files: ReportFiles): void {
  for (const { fd } of Object.values(files)) closeSync(fd);
}

/**
 * Opens the one report that `polyloop status` makes.
 *
 * @throws {UserError} if it cannot be opened
 */
export function openReport(path: string): ReportFile {
  return { path, fd: openToWrite("--report", path) };
}
