/** Decompresses `.gz` and `.zst` files, a piece at a time, when bytes are asked for. Loaded only if there is such a file. */

import zlib from "node:zlib";
import { UserError } from "../../user_error.ts";
import { GzipMembers } from "./gzip_members.ts";
import { decodedFile, type Decoder, type InputFile } from "./input_file.ts";
import { BadFile } from "../formats/splitter.ts";
import { ZlibStream } from "../../basics/zlib_stream.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** Number of bytes that are decompressed at once. The result may be a thousand times as long. */
const PIECE = 16 * 1024;

/** Decompresses bytes into `out`. Bytes that are there when a method throws are valid. */
interface Unpacking {
  push(bytes: Uint8Array, out: Uint8Array[]): Promise<void>;
  /** Ends the file. Rejects if data is missing. */
  end(out: Uint8Array[]): Promise<void>;
}

/** The content of a compressed file. @throws {UserError} if this runtime cannot decompress it */
export function decompressed(file: InputFile, kind: "gzip" | "zstd"): InputFile {
  const isGzip = kind === "gzip";
  if (!isGzip && zlib.createZstdDecompress === undefined) {
    throw new UserError(
      `Cannot read ${file.name}: this runtime cannot unpack zstd (Node needs 22.15 or newer). Unpack it first: zstd -dc ${file.name} | polyloop …`,
    );
  }
  const unpacking: Unpacking = isGzip ? new GzipMembers() : new Frames();
  const out: Uint8Array[] = [];
  /** Why the rest cannot be read. It is thrown when the bytes before it were read. */
  let failure: Error | undefined;
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

/** Decompresses a zstd file, with a stream for each frame. */
class Frames implements Unpacking {
  readonly #frames = new ZstdFrames();
  #stream: ZlibStream | undefined;

  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    for (const part of this.#frames.cut(bytes)) {
      this.#stream ??= new ZlibStream(zlib.createZstdDecompress);
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
