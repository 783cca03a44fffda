/**
 * The files of `--report`, `--trace` and `--stats`: opened before anything runs, so that a run of hours does not end in
 * a folder that is not there.
 *
 * @module
 */

import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { RunInput } from "../input/run_input.ts";
import type { RunOptions } from "../options.ts";
import { systemReason, UserError } from "../user_error.ts";

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

/** Other files of the run, by what they are called. */
interface Other {
  what: string;
  path: string | undefined;
  stats: Stats | undefined;
}

/**
 * Opens them; they keep what is in them until {@link emptyReports}.
 *
 * @throws {UserError} if one cannot be opened, or is a file of the run for something else
 */
export function openReports(options: RunOptions, input: Pick<RunInput, "stats">): ReportFiles {
  const files: ReportFiles = {};
  for (const [name, path] of checkReports(options, input)) files[name] = { path, fd: open(name, path) };
  return files;
}

/**
 * Looks whether they could be opened; leaves everything as it is.
 *
 * @throws {UserError} as {@link openReports}
 */
export function checkReports(options: RunOptions, input: Pick<RunInput, "stats">): [ReportName, string][] {
  const others: Other[] = [
    ...input.stats.map((stats) => ({ what: "the input file", path: undefined, stats })),
    options.output === "-"
      ? { what: "stdout", path: undefined, stats: fstatSync(1) }
      : otherAt("the output file", options.output),
    otherAt("the file of failed inputs", options.errors),
    otherAt("the journal", options.journal),
  ];
  const wanted: [ReportName, string][] = [];
  for (const name of REPORTS) {
    const path = options[name];
    if (path === undefined) continue;
    refuse(name, path, others);
    checkWritable(name, path);
    wanted.push([name, path]);
    others.push(otherAt(`the file of --${name}`, path));
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
 * Opens one that must not be the journal that it is made of.
 *
 * @throws {UserError} if it is, or cannot be opened
 */
export function openBeside(path: string, journal: string): ReportFile {
  if (path === "" || path === "-") throw new UserError(`--report: expected a file, got "${path}"`);
  refuse("report", path, [otherAt("the journal", journal)]);
  return { path, fd: open("report", path) };
}

function open(flag: string, path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o666);
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
}

function checkWritable(flag: string, path: string): void {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    accessSync(stats ? path : dirname(path), constants.W_OK);
    if (!stats?.isDirectory()) return;
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
  throw cannotWrite(flag, path, { code: "EISDIR" });
}

function cannotWrite(flag: string, path: string, error: unknown): UserError {
  const noFolder = (error as { code?: string }).code === "ENOENT";
  const reason = noFolder ? `no such folder: ${dirname(path)}` : systemReason(error);
  return new UserError(`--${flag}: cannot write to ${path}: ${reason}`);
}

function otherAt(what: string, path: string | undefined): Other {
  return { what, path, stats: path === undefined ? undefined : statSync(path, { throwIfNoEntry: false }) };
}

function refuse(flag: string, path: string, others: Other[]): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  for (const other of others) {
    const isSame = (other.path !== undefined && resolve(other.path) === resolve(path)) ||
      (stats?.isFile() && other.stats?.isFile() && stats.dev === other.stats.dev &&
        stats.ino === other.stats.ino);
    if (isSame) throw new UserError(`--${flag}: ${path} is ${other.what}`);
  }
}
