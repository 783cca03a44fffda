/** Opens the files of results and failed inputs. `file_roles.ts` has checked before that the run does not read them. */

import { closeSync, ftruncateSync } from "node:fs";
import type { RunOptions } from "../flags/options.ts";
import { statOf } from "../stdio/stdio.ts";
import type { Packing } from "./packing.ts";
import { checkWritable, openToWrite } from "./writable.ts";

const STDOUT = 1;

export interface OutputFiles {
  results: number;
  errors: number | undefined;
  /** The compression of files whose names end in `.gz` or `.zst`. */
  packing: { results: Packing | undefined; errors: Packing | undefined };
  empty(): void;
  /** The files that were deleted since they were opened, so that their content is lost. */
  deleted(): string[];
  close(): void;
}

type OutputPaths = Pick<RunOptions, "output" | "errors">;

/** Opens the outputs. Their content stays until {@link OutputFiles.empty}. @throws {UserError} if one cannot be opened */
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
      for (const fd of opened) if (statOf(fd)?.isFile()) ftruncateSync(fd);
    },
    deleted() {
      const named: [string, number | undefined][] = [[output, results], [errors ?? "", failed]];
      return named.flatMap(([path, fd]) => {
        return fd === undefined || fd === STDOUT || statOf(fd)?.nlink !== 0 ? [] : [path];
      });
    },
    close() {
      for (const fd of opened) closeSync(fd);
    },
  };
}

/** Checks that the outputs can be opened, without changing them. @throws {UserError} if one cannot be opened */
export function checkOutputs({ output, errors }: OutputPaths): void {
  if (output !== "-") checkWritable("--output", output);
  if (errors !== undefined) checkWritable("--errors", errors);
}

async function packingOf(path: string | undefined): Promise<Packing | undefined> {
  if (path === undefined || !/\.(gz|zst)$/i.test(path)) return undefined;
  return (await import("./packing.ts")).packingFor(path);
}
