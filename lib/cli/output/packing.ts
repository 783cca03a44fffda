/** Compresses output for `.gz` and `.zst`. Loaded only if there is such a file. */

import zlib from "node:zlib";
import { joined } from "../../wire/bytes.ts";
import { ZlibStream } from "../basics/zlib_stream.ts";
import { UserError } from "../user_error.ts";

export interface Packing {
  /** Compresses bytes, which must not change meanwhile, and returns the compressed bytes that are ready. */
  push(bytes: Uint8Array): Promise<Uint8Array>;
  flush(): Promise<Uint8Array>;
  end(): Promise<Uint8Array>;
}

/** The compression of a file, by the ending of its name. @throws {UserError} if this runtime cannot compress it */
export function packingFor(path: string): Packing {
  const isGzip = /gz$/i.test(path);
  if (!isGzip && zlib.createZstdCompress === undefined) {
    throw new UserError(
      `Cannot write ${path}: this runtime cannot compress zstd (Node needs 22.15 or newer). Compress it later: … | zstd > ${path}`,
    );
  }
  const stream = new ZlibStream(isGzip ? zlib.createGzip : zlib.createZstdCompress);
  const { Z_SYNC_FLUSH, ZSTD_e_flush } = zlib.constants;
  const taking = async (work: (out: Uint8Array[]) => Promise<void>) => {
    const out: Uint8Array[] = [];
    await work(out);
    return joined(out);
  };
  return {
    push: (bytes) => taking((out) => stream.push(bytes, out)),
    flush: () => taking((out) => stream.flush(isGzip ? Z_SYNC_FLUSH : ZSTD_e_flush, out)),
    end: () => taking((out) => stream.end(out)),
  };
}
