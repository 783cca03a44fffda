/**
 * Messages on a byte stream. A frame is a seal, the length in four bytes, and the message. Only the two ends know the seal. It exposes
 * bytes that a task, or a program that it started, wrote to the stream: without it, a false length would swallow all later messages.
 */

import { joined } from "./bytes.ts";
import { uncurried } from "./intrinsics.ts";

/** Length of a seal, in bytes. */
const SEAL = 8;

/** Length of the header before each message, in bytes: the seal and the length. */
export const HEADER = SEAL + 4;

/** Maximum length of a message that fits the header, in bytes. */
const LONGEST = 2 ** 32 - 1;

const { Uint8Array, DataView, RangeError } = globalThis;
const setBytes = uncurried(Uint8Array.prototype.set);
const setUint32 = uncurried(DataView.prototype.setUint32);

/** First byte of each seal. No UTF-8 text contains it, so text never looks like the beginning of a message. */
export const FIRST = 0xff;

export function makeSeal(): Uint8Array {
  const made = crypto.getRandomValues(new Uint8Array(SEAL));
  made[0] = FIRST;
  return made;
}

/** Returns a message with its header. @throws {RangeError} if the message is too long */
export function frame(message: Uint8Array, seal: Uint8Array): Uint8Array {
  if (message.length > LONGEST) throw new RangeError(`a message has more than ${LONGEST} bytes`);
  const framed = new Uint8Array(HEADER + message.length);
  setBytes(framed, seal);
  setUint32(new DataView(framed.buffer), SEAL, message.length);
  setBytes(framed, message, HEADER);
  return framed;
}

/** Returns the end of the message that begins these bytes, by its header. */
export function endOf(bytes: Uint8Array): number {
  return HEADER + new DataView(bytes.buffer, bytes.byteOffset).getUint32(SEAL);
}

/** Returns whether bytes begin with the seal. Of fewer bytes than a seal has, all must match. */
export function isSealed(bytes: Uint8Array, seal: Uint8Array): boolean {
  for (let at = 0; at < SEAL && at < bytes.length; at++) if (bytes[at] !== seal[at]) return false;
  return true;
}

interface FrameReaderInit {
  seal: Uint8Array;
  onMessage(message: Uint8Array): void;
  /** Called when the received bytes are not a message. Nothing is delivered afterwards. */
  onForeign(): void;
}

/** Splits a byte stream, which arrives in pieces of any size, into messages. */
export class FrameReader {
  readonly #init: FrameReaderInit;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Bytes until the next message is complete, including its header; only the header's while the header is incomplete. */
  #needed = HEADER;
  #isBroken = false;

  constructor(init: FrameReaderInit) {
    this.#init = init;
  }

  push(piece: Uint8Array): void {
    if (this.#isBroken) return;
    this.#pieces.push(piece);
    this.#size += piece.length;
    // Joined only when enough bytes have arrived, so that a long message is not copied once per piece.
    if (this.#size < this.#needed) return;
    let bytes = this.#pieces.length === 1 ? piece : joined(this.#pieces);
    while (bytes.length >= HEADER) {
      if (!isSealed(bytes, this.#init.seal)) return this.#breakOff();
      const end = endOf(bytes);
      this.#needed = end;
      if (bytes.length < end) break;
      this.#init.onMessage(bytes.subarray(HEADER, end));
      bytes = bytes.subarray(end);
      this.#needed = HEADER;
    }
    this.#pieces = bytes.length > 0 ? [bytes] : [];
    this.#size = bytes.length;
  }

  #breakOff(): void {
    this.#isBroken = true;
    this.#pieces = [];
    this.#init.onForeign();
  }
}
