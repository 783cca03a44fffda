/** Compresses output for `.gz` and `.zst`. Loaded only if there is such a file. */

import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { UserError } from "../user_error.ts";

/** Compresses the bytes of one file. */
export interface Packing {
  /** Compresses bytes, which must not change meanwhile, and returns the compressed bytes that are ready. */
  push(bytes: Uint8Array): Promise<Uint8Array>;
  /** Returns the compressed bytes that a reader needs for all bytes so far. */
  flush(): Promise<Uint8Array>;
  /** Returns the bytes that end the archive. */
  end(): Promise<Uint8Array>;
}

/** What the compressors of all runtimes have in common. */
interface Compressor {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array, done: () => void): unknown;
  flush(kind: number, done: () => void): unknown;
  end(): unknown;
}

/**
 * The compression of a file, by the ending of its name.
 *
 * @throws {UserError} if this runtime cannot compress it
 */
export function packingFor(path: string): Packing {
  const isGzip = /gz$/i.test(path);
  if (!isGzip && zlib.createZstdCompress === undefined) {
    throw new UserError(
      `Cannot write ${path}: this runtime cannot compress zstd (Node needs 22.15 or newer). Compress it later: … | zstd > ${path}`,
    );
  }
  const stream: Compressor = isGzip ? zlib.createGzip() : zlib.createZstdCompress();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let out: Uint8Array[] = [];
  stream.on("data", (bytes) => out.push(bytes));
  stream.on("end", resolve);
  stream.on("error", reject);
  // `push`, `flush` and `end` report it.
  ended.catch(() => {});
  const take = () => {
    const bytes = Buffer.concat(out);
    out = [];
    return bytes;
  };
  return {
    async push(bytes) {
      await Promise.race([new Promise<void>((done) => stream.write(bytes, done)), ended]);
      return take();
    },
    async flush() {
      const { Z_SYNC_FLUSH, ZSTD_e_flush } = zlib.constants;
      const kind = isGzip ? Z_SYNC_FLUSH : ZSTD_e_flush;
      await Promise.race([new Promise<void>((done) => stream.flush(kind, done)), ended]);
      return take();
    },
    async end() {
      stream.end();
      await ended;
      return take();
    },
  };
}
