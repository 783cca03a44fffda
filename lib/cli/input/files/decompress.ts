/**
 * `.gz` and `.zst`: the bytes in a compressed file, a piece at a time, as they are asked for. Loaded only where there is
 * such a file.
 *
 * @module
 */

import zlib from "node:zlib";
import { UserError } from "../../user_error.ts";
import { decodedFile, type Decoder } from "./decoded_file.ts";
import { GzipMembers, type Inflating } from "./gzip_members.ts";
import type { InputFile } from "./input_file.ts";
import { BadFile } from "../formats/splitter.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** So much is handed over at once, in bytes: what comes out may be a thousand times as long. */
const PIECE = 16 * 1024;

/** What the decompressors of both runtimes have in common. */
interface Decompressor {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  write(bytes: Uint8Array, done: () => void): unknown;
  end(): unknown;
  close(): unknown;
  /** How many bytes it has used. */
  readonly bytesWritten: number;
}

/** Takes compressed bytes in order. What comes out goes to `out`, also where these throw: it was sound. */
interface Unpacking {
  push(bytes: Uint8Array, out: Uint8Array[]): Promise<void>;
  /** Takes what is left. Throws if something is missing. */
  end(out: Uint8Array[]): Promise<void>;
}

/**
 * What is in a compressed file; its name says how it is packed, where nothing else does.
 *
 * @throws {UserError} if this runtime cannot read it
 */
export function decompressed(file: InputFile, kind = kindOf(file.name)): InputFile {
  const isGzip = kind === "gzip";
  if (!isGzip && zlib.createZstdDecompress === undefined) {
    throw new UserError(
      `Cannot read ${file.name}: this runtime cannot unpack zstd (Node needs 22.15 or newer). Unpack it first: zstd -dc ${file.name} | polyloop …`,
    );
  }
  const unpacking: Unpacking = isGzip ? new GzipMembers(() => new Member()) : new Frames();
  const out: Uint8Array[] = [];
  /** Why it cannot go on; told when all that came out before is taken. */
  let failure: Error | undefined;
  /** What was read and has not been unpacked. */
  let rest: Uint8Array = new Uint8Array(0);
  let begun = false;
  let ended = false;
  const decoder: Decoder = { taken: 0, given: 0, next };
  return decodedFile(file, decoder);

  async function next(): Promise<Uint8Array> {
    while (out.length === 0 && !ended && !failure) {
      if (rest.length === 0) rest = await file.read();
      ended = rest.length === 0;
      if (ended && !begun) throw new BadFile("it is empty, and not an archive");
      begun = true;
      const piece = rest.subarray(0, PIECE);
      await unpack(ended ? undefined : piece);
      decoder.taken += piece.length;
      decoder.given += out.reduce((sum, { length }) => sum + length, 0);
      rest = rest.subarray(PIECE);
    }
    const bytes = out.shift();
    if (!bytes && failure) throw failure;
    return bytes ?? new Uint8Array(0);
  }

  async function unpack(bytes: Uint8Array | undefined): Promise<void> {
    try {
      await (bytes ? unpacking.push(bytes, out) : unpacking.end(out));
    } catch (error) {
      const { message } = error as Error;
      failure = /unexpected end/.test(message)
        ? new BadFile("it is cut off: the end of the archive is missing")
        : new BadFile(`it is not a ${isGzip ? "gzip" : "zstd"} archive, or it is damaged (${message})`);
    }
  }
}

function kindOf(name: string): "gzip" | "zstd" {
  return /gz$/i.test(name) ? "gzip" : "zstd";
}

/** One stream of the runtime's. */
class Stream {
  readonly #stream: Decompressor;
  readonly #ended = Promise.withResolvers<void>();
  #out: Uint8Array[] = [];

  constructor(create: () => unknown) {
    this.#stream = create() as Decompressor;
    this.#stream.on("data", (bytes) => this.#out.push(bytes));
    this.#stream.on("error", this.#ended.reject);
    this.#stream.on("end", this.#ended.resolve);
    // `push` and `end` tell it.
    this.#ended.promise.catch(() => {});
  }

  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#stream.write(bytes, resolve));
    try {
      await Promise.race([taken, this.#ended.promise]);
    } finally {
      this.#take(out);
    }
  }

  async end(out: Uint8Array[]): Promise<void> {
    this.#stream.end();
    try {
      await this.#ended.promise;
    } finally {
      this.#take(out);
    }
  }

  /** How many bytes were used so far. */
  get used(): number {
    return this.#stream.bytesWritten;
  }

  close(): void {
    this.#stream.close();
  }

  #take(out: Uint8Array[]): void {
    out.push(...this.#out.filter(({ length }) => length > 0));
    this.#out = [];
  }
}

/** The data of one member of a gzip file. */
class Member implements Inflating {
  readonly #stream = new Stream(zlib.createInflateRaw);

  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<number | undefined> {
    const before = this.#stream.used;
    await this.#stream.push(bytes, out);
    const used = this.#stream.used - before;
    // Where the data ends with these bytes, the next ones show it.
    if (used === bytes.length) return undefined;
    this.#stream.close();
    return used;
  }
}

/** A stream for each frame of a zstd file. */
class Frames implements Unpacking {
  readonly #frames = new ZstdFrames();
  #stream: Stream | undefined;

  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    for (const part of this.#frames.cut(bytes)) {
      this.#stream ??= new Stream(zlib.createZstdDecompress);
      await this.#stream.push(part.bytes, out);
      if (!part.ends) continue;
      await this.#stream.end(out);
      this.#stream = undefined;
    }
  }

  end(): Promise<void> {
    if (this.#frames.isBetween) return Promise.resolve();
    return Promise.reject(new Error("unexpected end"));
  }
}
