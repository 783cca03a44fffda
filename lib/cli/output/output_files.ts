/**
 * Opens what a run writes to, and makes sure first that it destroys nothing that the run reads.
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
import { dirname } from "node:path";
import type { RunInput } from "../input/run_input.ts";
import { systemReason, UserError } from "../user_error.ts";
import type { Packing } from "./packing.ts";

/** Where a run writes. */
export interface OutputFiles {
  /** The file descriptor for results. */
  results: number;
  /** The file descriptor for failed inputs. */
  errors: number | undefined;
  /** What compresses them, where their names end in `.gz` or `.zst`. */
  packing: { results: Packing | undefined; errors: Packing | undefined };
  /** Closes what was opened. */
  close(): void;
}

/** The paths as the user gave them. */
export interface OutputPaths {
  output: string;
  errors?: string;
}

interface Opened {
  flag: string;
  path: string;
  fd: number;
  stats: Stats;
}

/**
 * Opens the outputs, and empties them when all are open.
 *
 * @throws {UserError} if one cannot be opened, is the input, or is another output
 */
export async function openOutputs({ output, errors }: OutputPaths, input: RunInput): Promise<OutputFiles> {
  const packing = { results: await packingOf(output), errors: await packingOf(errors) };
  const results: Opened = output === "-"
    ? { flag: "stdout", path: "stdout", fd: 1, stats: fstatSync(1) }
    : open("--output", output);
  const failed = errors === undefined ? undefined : open("--errors", errors);
  const opened = [results, ...(failed ? [failed] : [])];
  for (const { flag, path, stats } of opened) {
    // Stdout too: a run that appends to what it reads never comes to the end of it.
    if (input.stats.some((read) => sameFile(stats, read))) {
      const name = flag === "stdout" ? flag : `${flag}: ${path}`;
      throw new UserError(`${name} is the input file; writing would destroy it`);
    }
  }
  if (failed && sameFile(failed.stats, results.stats)) {
    throw new UserError(
      `--errors: ${failed.path} is the output file; failed inputs need a file of their own`,
    );
  }
  for (const { flag, fd, stats } of opened) {
    if (flag !== "stdout" && stats.isFile()) ftruncateSync(fd);
  }
  return {
    results: results.fd,
    errors: failed?.fd,
    packing,
    close() {
      for (const { flag, fd } of opened) if (flag !== "stdout") closeSync(fd);
    },
  };
}

/**
 * Looks whether the outputs could be opened; leaves them as they are.
 *
 * @throws {UserError} as {@link openOutputs}
 */
export function checkOutputs({ output, errors }: OutputPaths, input: RunInput): void {
  if (output !== "-") checkWritable("--output", output, input);
  if (errors !== undefined) checkWritable("--errors", errors, input);
  if (errors === undefined || output === "-") return;
  const [one, other] = [statOf(output), statOf(errors)];
  if (output === errors || (one && other && sameFile(one, other))) {
    throw new UserError(`--errors: ${errors} is the output file; failed inputs need a file of their own`);
  }
}

async function packingOf(path: string | undefined): Promise<Packing | undefined> {
  if (path === undefined || !/\.(gz|zst)$/i.test(path)) return undefined;
  return (await import("./packing.ts")).packingFor(path);
}

function open(flag: string, path: string): Opened {
  try {
    // Without O_TRUNC: nothing is lost before every check has passed.
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o666);
    return { flag, path, fd, stats: fstatSync(fd) };
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
}

function checkWritable(flag: string, path: string, input: RunInput): void {
  const stats = statOf(path);
  try {
    accessSync(stats ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw cannotWrite(flag, path, error);
  }
  if (stats?.isDirectory()) throw cannotWrite(flag, path, { code: "EISDIR" });
  if (stats && input.stats.some((read) => sameFile(stats, read))) {
    throw new UserError(`${flag}: ${path} is the input file; writing would destroy it`);
  }
}

function cannotWrite(flag: string, path: string, error: unknown): UserError {
  const noFolder = (error as { code?: string }).code === "ENOENT";
  const reason = noFolder ? `no such folder: ${dirname(path)}` : systemReason(error);
  return new UserError(`${flag}: cannot write to ${path}: ${reason}`);
}

/** Devices such as /dev/null may be everything at once. */
function sameFile(one: Stats, other: Stats): boolean {
  return one.isFile() && other.isFile() && one.dev === other.dev && one.ino === other.ino;
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
