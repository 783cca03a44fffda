/**
 * Opens what a run writes to. That it destroys nothing that the run reads, `file_roles.ts` has seen to.
 *
 * @module
 */

import { closeSync, fstatSync, ftruncateSync } from "node:fs";
import type { Packing } from "./packing.ts";
import { checkWritable, openToWrite } from "./writable.ts";

const STDOUT = 1;

/** Where a run writes. */
export interface OutputFiles {
  /** The file descriptor for results. */
  results: number;
  /** The file descriptor for failed inputs. */
  errors: number | undefined;
  /** What compresses them, where their names end in `.gz` or `.zst`. */
  packing: { results: Packing | undefined; errors: Packing | undefined };
  /** Empties them, once nothing can stop the run any more. */
  empty(): void;
  /** Files that were deleted since they were opened: what was written to them is lost. */
  deleted(): string[];
  /** Closes what was opened. */
  close(): void;
}

/** The paths as the user gave them. */
export interface OutputPaths {
  output: string;
  errors?: string;
}

/**
 * Opens the outputs; what is in them stays there.
 *
 * @throws {UserError} if one cannot be opened
 */
export async function openOutputs({ output, errors }: OutputPaths): Promise<OutputFiles> {
  const packing = { results: await packingOf(output), errors: await packingOf(errors) };
  const results = output === "-" ? STDOUT : openToWrite("--output", output);
  const failed = errors === undefined ? undefined : openToWrite("--errors", errors);
  const opened = [results, failed].filter((fd) => fd !== undefined && fd !== STDOUT) as number[];
  return {
    results,
    errors: failed,
    packing,
    empty() {
      for (const fd of opened) if (fstatSync(fd).isFile()) ftruncateSync(fd);
    },
    deleted() {
      const named: [string, number | undefined][] = [[output, results], [errors ?? "", failed]];
      return named.flatMap(([path, fd]) => {
        return fd === undefined || fd === STDOUT || fstatSync(fd).nlink > 0 ? [] : [path];
      });
    },
    close() {
      for (const fd of opened) closeSync(fd);
    },
  };
}

/**
 * Looks whether the outputs could be opened; leaves them as they are.
 *
 * @throws {UserError} as {@link openOutputs}
 */
export function checkOutputs({ output, errors }: OutputPaths): void {
  if (output !== "-") checkWritable("--output", output);
  if (errors !== undefined) checkWritable("--errors", errors);
}

async function packingOf(path: string | undefined): Promise<Packing | undefined> {
  if (path === undefined || !/\.(gz|zst)$/i.test(path)) return undefined;
  return (await import("./packing.ts")).packingFor(path);
}
