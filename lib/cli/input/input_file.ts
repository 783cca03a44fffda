/**
 * The bytes of a file or of stdin, a chunk at a time, read only when asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { closeSync, openSync, type Stats } from "node:fs";
import { pathOfFile, readSome as readOnce, sizeNow, statOf } from "../stdio/stdio.ts";
import { systemReason, UserError } from "../user_error.ts";
import { BadFile } from "./splitter.ts";

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
  /**
   * What the next call of `read` will return; waits for it.
   *
   * @throws {UserError} if it cannot be read
   */
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
  /** What `peek` has read, for the next call of `read`. */
  let ahead: Uint8Array | undefined;
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
    async read() {
      const bytes = ahead ?? await readNext();
      ahead = undefined;
      return bytes;
    },
    async peek() {
      try {
        return ahead ??= await readNext();
      } catch (error) {
        throw new UserError(`Cannot read ${name}: ${systemReason(error)}`);
      }
    },
    close() {
      if (fd !== 0) closeSync(fd);
    },
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
