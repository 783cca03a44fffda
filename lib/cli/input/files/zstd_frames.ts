/**
 * Finds where the frames of a zstd file end, by their headers (RFC 8878, section 3.1). A file may have many frames, but the
 * runtimes' decompressors stop after the first one without an error. One of them accepts a frame that is cut off.
 */

import { joined } from "../../../wire/bytes.ts";

interface FramePart {
  bytes: Uint8Array;
  /** Whether the frame ends with these bytes. */
  ends: boolean;
}

/** The part of a frame that is read next. The bytes of `content` and `skipped` are only counted. */
type Step = "magic" | "descriptor" | "rest" | "block" | "content" | "checksum" | "size" | "skipped";

const MAGIC = 0xfd2fb528;

/** Magic number of frames without data, except for the last four bits. */
const SKIPPABLE = 0x184d2a50;

const RLE = 1;

export class ZstdFrames {
  #step: Step = "magic";
  /** Number of bytes that the step still needs, and the value of the bytes so far, least significant first. */
  #left = 4;
  #value = 0;
  #taken = 0;
  #hasChecksum = false;
  #isLastBlock = false;
  /** The beginning of a frame that may have no data. */
  #held: Uint8Array = new Uint8Array(0);

  /** Whether a file may end here. */
  get isBetween(): boolean {
    return this.#step === "magic" && this.#held.length === 0;
  }

  /**
   * Splits bytes into parts of one frame each. Frames without data are left out.
   *
   * @throws {Error} if there is something else between frames
   */
  *cut(next: Uint8Array): Generator<FramePart> {
    const bytes = this.#held.length === 0 ? next : joined([this.#held, next]);
    this.#held = new Uint8Array(0);
    let start = 0;
    for (let at = 0; at < bytes.length;) {
      const count = this.#counts ? Math.min(this.#left, bytes.length - at) : 1;
      if (!this.#counts) this.#value += bytes[at] * 2 ** (8 * this.#taken);
      at += count;
      this.#taken += count;
      this.#left -= count;
      if (this.#left > 0) continue;
      const isData = this.#step !== "size" && this.#step !== "skipped";
      this.#next();
      while (this.#left === 0) this.#next();
      if (this.#step !== "magic") continue;
      if (isData) yield { bytes: bytes.subarray(start, at), ends: true };
      start = at;
    }
    if (this.#step === "magic") {
      this.#held = new Uint8Array(bytes.subarray(start));
      this.#expect("magic", 4);
    } else if (start < bytes.length && this.#step !== "size" && this.#step !== "skipped") {
      yield { bytes: bytes.subarray(start), ends: false };
    }
  }

  get #counts(): boolean {
    return this.#step === "content" || this.#step === "rest" || this.#step === "checksum" ||
      this.#step === "skipped";
  }

  #expect(step: Step, left: number): void {
    this.#step = step;
    this.#left = left;
    this.#value = this.#taken = 0;
  }

  #next(): void {
    const value = this.#value;
    switch (this.#step) {
      case "magic":
        if (value === MAGIC) return this.#expect("descriptor", 1);
        if (value - value % 16 === SKIPPABLE) return this.#expect("size", 4);
        throw new Error("no frame begins where one should");
      case "descriptor": {
        const isSingle = (value & 32) !== 0;
        this.#hasChecksum = (value & 4) !== 0;
        const idBytes = [0, 1, 2, 4][value & 3];
        const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][value >> 6];
        return this.#expect("rest", (isSingle ? 0 : 1) + idBytes + sizeBytes);
      }
      case "block": {
        this.#isLastBlock = (value & 1) === 1;
        const isRepeated = ((value >> 1) & 3) === RLE;
        return this.#expect("content", isRepeated ? 1 : value >> 3);
      }
      case "content":
        if (!this.#isLastBlock) return this.#expect("block", 3);
        return this.#expect("checksum", this.#hasChecksum ? 4 : 0);
      case "rest":
        return this.#expect("block", 3);
      case "size":
        return this.#expect("skipped", value);
      case "checksum":
      case "skipped":
        return this.#expect("magic", 4);
      default:
        this.#step satisfies never;
    }
  }
}
