/**
 * Decompresses a gzip file, which may have several members (RFC 1952). The runtimes' gzip streams return nothing of a member
 * that other data follows, and Deno's does not report all damage. So this reads headers and trailers itself.
 */

import zlib from "node:zlib";
import { joined } from "../../../wire/bytes.ts";
import { ZlibStream } from "../../basics/zlib_stream.ts";

type Step = "header" | "data" | "trailer";

/** Number of bytes of a header without its optional parts, and of a trailer. */
const [FIXED, TRAILER] = [10, 8];

/** Flags of a header: the optional parts behind the fixed one. */
const [HAS_CHECK, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

export class GzipMembers {
  #step: Step = "header";
  #data: ZlibStream | undefined;
  #held: Uint8Array = new Uint8Array(0);
  #members = 0;
  /** Whether NUL bytes follow the last member: some tools pad files with them. */
  #isPadded = false;
  /** CRC-32 and length of the member's data. */
  #check = 0;
  #length = 0;

  /** Decompresses bytes into `out`. Throws if the file is damaged. */
  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    let rest = this.#held.length === 0 ? bytes : joined([this.#held, bytes]);
    this.#held = new Uint8Array(0);
    while (rest.length > 0) {
      const used = await this.#take(rest, out);
      if (used === undefined) {
        this.#held = new Uint8Array(rest);
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Rejects if the end of the file is missing. */
  end(): Promise<void> {
    const isBetween = this.#step === "header" && this.#held.length === 0 && this.#members > 0;
    return isBetween ? Promise.resolve() : Promise.reject(new Error("unexpected end"));
  }

  /** Returns the number of bytes that were used; undefined if more are needed. */
  async #take(bytes: Uint8Array, out: Uint8Array[]): Promise<number | undefined> {
    switch (this.#step) {
      case "header":
        return this.#header(bytes);
      case "data":
        return await this.#inflate(bytes, out);
      case "trailer":
        return this.#trailer(bytes);
    }
  }

  #header(bytes: Uint8Array): number | undefined {
    this.#isPadded ||= this.#members > 0 && bytes[0] === 0;
    if (this.#isPadded) {
      if (bytes.every((byte) => byte === 0)) return bytes.length;
      throw new Error("unexpected data after its end");
    }
    const isWrong = [0x1f, 0x8b, 8].some((byte, at) => at < bytes.length && bytes[at] !== byte);
    if (isWrong) {
      throw new Error(this.#members > 0 ? "unexpected data after its end" : "incorrect header check");
    }
    const length = headerLength(bytes);
    if (length === undefined || length > bytes.length) return undefined;
    this.#step = "data";
    this.#data = new ZlibStream(zlib.createInflateRaw);
    this.#check = this.#length = 0;
    return length;
  }

  async #inflate(bytes: Uint8Array, out: Uint8Array[]): Promise<number> {
    const data = this.#data!;
    const [before, usedBefore] = [out.length, data.used];
    await data.push(bytes, out);
    for (const piece of out.slice(before)) {
      this.#check = zlib.crc32(piece, this.#check);
      this.#length = (this.#length + piece.length) % 2 ** 32;
    }
    const used = data.used - usedBefore;
    // If the data ends exactly with these bytes, the stream uses none of the next ones.
    if (used === bytes.length) return used;
    data.close();
    this.#step = "trailer";
    return used;
  }

  #trailer(bytes: Uint8Array): number | undefined {
    if (bytes.length < TRAILER) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, TRAILER);
    if (view.getUint32(0, true) !== this.#check) throw new Error("incorrect data check");
    if (view.getUint32(4, true) !== this.#length) throw new Error("incorrect length check");
    this.#step = "header";
    this.#members++;
    return TRAILER;
  }
}

/** The length of a header; undefined if more bytes are needed. */
function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < FIXED) return undefined;
  const flags = bytes[3];
  let at = FIXED;
  if (flags & HAS_EXTRA) {
    if (bytes.length < at + 2) return undefined;
    at += 2 + bytes[at] + 256 * bytes[at + 1];
  }
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) return undefined;
    at = end + 1;
  }
  return flags & HAS_CHECK ? at + 2 : at;
}
