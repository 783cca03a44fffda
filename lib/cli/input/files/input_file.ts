/** Reads the bytes of a file or of stdin, up to 256 kB at a time, when they are asked for. */

import { closeSync, openSync, type Stats } from "node:fs";
import { pathOfFile, readSome, sizeNow, statOf } from "../../stdio/stdio.ts";
import { systemReason, UserError } from "../../user_error.ts";
import { BadFile } from "../formats/splitter.ts";

/** Maximum number of bytes of a read. A guess: a read costs little more for being long, and lines wait for it. */
const READ_SIZE = 256 * 1024;

export interface InputFile {
  readonly name: string;
  /** The state of the file, to compare it with the outputs; undefined if the system does not tell. */
  readonly stats: Stats | undefined;
  /** Number of bytes in all; undefined for pipes and terminals. */
  readonly size: number | undefined;
  /** Returns the next bytes; none at the end of the file. They are valid until the next call. */
  read(): Promise<Uint8Array>;
  /** Returns what the next call of `read` will return. */
  peek(): Promise<Uint8Array>;
  /** Lets the next call of `read` return these bytes. */
  unread(bytes: Uint8Array): void;
  close(): void;
}

/** Opens an input; `-` is stdin. @throws {UserError} if it cannot be opened */
export function openInput(path: string): InputFile {
  const fd = path === "-" ? 0 : open(path);
  const name = path === "-" ? "stdin" : path;
  const stats = statOf(fd);
  if (stats?.isDirectory()) throw new UserError(`Cannot read ${name}: it is a folder`);
  const buffer = new Uint8Array(READ_SIZE);
  let read = 0;
  const readNext = async () => {
    const length = await readSome(fd, buffer);
    read += length;
    // Inputs that were cut off would be missing without a word. A file on stdin may be read from the middle, so its size alone
    // does not tell.
    if (length === 0 && stats?.isFile() && read < stats.size && sizeNow(fd) < stats.size) {
      throw new BadFile("it became shorter while it was read, so inputs are missing");
    }
    return buffer.subarray(0, length);
  };
  return {
    name,
    stats,
    size: stats?.isFile() ? stats.size : undefined,
    ...readAhead(readNext),
    close() {
      if (fd !== 0) closeSync(fd);
    },
  };
}

/** The methods of a file that read; `next` returns the next bytes. */
export function readAhead(next: () => Promise<Uint8Array>): Pick<InputFile, "read" | "peek" | "unread"> {
  let ahead: Uint8Array | undefined;
  return {
    async read() {
      const bytes = ahead ?? await next();
      ahead = undefined;
      return bytes;
    },
    peek: async () => ahead ??= await next(),
    unread: (bytes) => void (ahead = bytes),
  };
}

/** Returns what `read` returns. @throws {UserError} if it throws: the file cannot be read */
export async function reading<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`Cannot read ${name}: ${systemReason(error)}`);
  }
}

export interface Decoder {
  next(): Promise<Uint8Array>;
  /** Number of bytes of the file that were decoded so far, and of the bytes that came out. */
  taken: number;
  given: number;
}

/** The decoded file. Its size is an estimate by what was decoded so far. */
export function decodedFile(file: InputFile, decoder: Decoder): InputFile {
  return {
    name: file.name,
    stats: file.stats,
    get size() {
      const { taken, given } = decoder;
      return file.size === undefined || taken === 0 ? undefined : Math.round(file.size * given / taken);
    },
    ...readAhead(() => decoder.next()),
    close: () => file.close(),
  };
}

function open(path: string): number {
  try {
    return openSync(pathOfFile(path), "r");
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${systemReason(error)}`);
  }
}
