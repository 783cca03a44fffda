/**
 * Finds where the members of a gzip file begin and end (RFC 1952). The runtimes' own decompressors return nothing of a
 * member that other data follows, and Deno's does not report all damage.
 *
 * @module
 */

import zlib from "node:zlib";
import { joined } from "../formats/splitter.ts";

/** What is read next. */
type Step = "header" | "data" | "trailer";

const [FIXED, TRAILER] = [10, 8];

/** Flags of a header: what stands behind its fixed part. */
const [HAS_CHECK, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

/** What a member's data is given to. */
export interface Inflating {
  /** Takes bytes; what comes out goes to `out`. Resolves with how many belong to the member, if it ends in them. */
  push(bytes: Uint8Array, out: Uint8Array[]): Promise<number | undefined>;
}

/** Follows the members of one file. */
export class GzipMembers {
  readonly #inflate: () => Inflating;
  #step: Step = "header";
  #inflating: Inflating | undefined;
  /** Bytes of a header or a trailer that is not whole yet. */
  #held: Uint8Array = new Uint8Array(0);
  /** Members so far. */
  #members = 0;
  /** Whether nothing but NUL bytes came behind the last one: some tools fill up with them. */
  #isPadded = false;
  #check = 0;
  #length = 0;

  constructor(inflate: () => Inflating) {
    this.#inflate = inflate;
  }

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

  /** Throws if something is missing. */
  end(): Promise<void> {
    const isBetween = this.#step === "header" && this.#held.length === 0 && this.#members > 0;
    return isBetween ? Promise.resolve() : Promise.reject(new Error("unexpected end"));
  }

  /** How many bytes were used; none if more are needed. */
  async #take(bytes: Uint8Array, out: Uint8Array[]): Promise<number | undefined> {
    switch (this.#step) {
      case "header":
        return this.#header(bytes);
      case "data":
        return await this.#data(bytes, out);
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
    this.#inflating = this.#inflate();
    this.#check = this.#length = 0;
    return length;
  }

  async #data(bytes: Uint8Array, out: Uint8Array[]): Promise<number> {
    const before = out.length;
    const used = await this.#inflating!.push(bytes, out);
    for (const piece of out.slice(before)) {
      this.#check = zlib.crc32(piece, this.#check);
      this.#length = (this.#length + piece.length) % 2 ** 32;
    }
    if (used === undefined) return bytes.length;
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

/** How long a header is; unknown before all of it is there. */
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
