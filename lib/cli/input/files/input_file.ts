/**
 * The bytes of a file or of stdin, a chunk at a time, read only when asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { closeSync, openSync, type Stats } from "node:fs";
import { pathOfFile, readSome as readOnce, sizeNow, statOf } from "../../stdio/stdio.ts";
import { systemReason, UserError } from "../../user_error.ts";
import { BadFile } from "../formats/splitter.ts";

const CHUNK = 256 * 1024;

/** An input that is open. */
export interface InputFile {
  /** How the user knows it. */
  readonly name: string;
  /** Which file it is, to compare with the outputs, if it is one. */
  readonly stats: Stats | undefined;
  /** How many bytes there are to read; unknown for pipes and terminals. */
  readonly size: number | undefined;
  /** The next bytes; none at the end. They are good until the next call. */
  read(): Promise<Uint8Array>;
  /** What the next call of `read` will return; waits for it. */
  peek(): Promise<Uint8Array>;
  close(): void;
}

/**
 * Opens an input; `-` is stdin.
 *
 * @throws {UserError} if it cannot be opened
 */
export function openInput(path: string): InputFile {
  const fd = path === "-" ? 0 : open(path);
  const name = path === "-" ? "stdin" : path;
  const stats = statOf(fd);
  if (stats.isDirectory()) throw new UserError(`Cannot read ${name}: it is a folder`);
  const buffer = Buffer.alloc(CHUNK);
  let read = 0;
  const readNext = async () => {
    const length = await readSome(fd, buffer);
    read += length;
    // What was cut off has not run, and nobody would know. A file that is stdin may be read from the middle.
    if (length === 0 && stats.isFile() && read < stats.size && sizeNow(fd) < stats.size) {
      throw new BadFile("it became shorter while it was read, so inputs are missing");
    }
    return buffer.subarray(0, length);
  };
  return {
    name,
    stats,
    size: stats.isFile() ? stats.size : undefined,
    ...readAhead(readNext),
    close() {
      if (fd !== 0) closeSync(fd);
    },
  };
}

/** Reads by calls of `next`, of which `peek` keeps one for the next `read`. `first` are bytes that were read already. */
export function readAhead(
  next: () => Promise<Uint8Array>,
  first?: Uint8Array,
): Pick<InputFile, "read" | "peek"> {
  let ahead = first;
  return {
    async read() {
      const bytes = ahead ?? await next();
      ahead = undefined;
      return bytes;
    },
    peek: async () => ahead ??= await next(),
  };
}

function open(path: string): number {
  try {
    return openSync(pathOfFile(path), "r");
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${systemReason(error)}`);
  }
}

async function readSome(fd: number, buffer: Buffer): Promise<number> {
  for (;;) {
    try {
      return await readOnce(fd, buffer);
    } catch (error) {
      // A terminal or pipe that another program set to non-blocking says so instead of waiting.
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
