/**
 * Messages on a stream of bytes: four bytes with the length, then the message.
 *
 * @module
 */

/** Bytes of the length before each message. */
const HEADER = 4;

/** A message with its length before it. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(HEADER + message.length);
  new DataView(framed.buffer).setUint32(0, message.length);
  framed.set(message, HEADER);
  return framed;
}

/** Cuts what arrives, in pieces of any size, into the messages that were framed. */
export class FrameReader {
  readonly #onMessage: (message: Uint8Array) => void;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Bytes until the next message is complete, its header included; the header alone while that is on its way. */
  #needed = HEADER;

  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    // Joined only when there is enough, so that a long message is not copied once per piece.
    if (this.#size < this.#needed) return;
    let bytes = this.#pieces.length === 1 ? piece : this.#join();
    while (bytes.length >= HEADER) {
      const end = HEADER + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      this.#needed = end;
      if (bytes.length < end) break;
      this.#onMessage(bytes.subarray(HEADER, end));
      bytes = bytes.subarray(end);
      this.#needed = HEADER;
    }
    this.#pieces = bytes.length > 0 ? [bytes] : [];
    this.#size = bytes.length;
  }

  #join(): Uint8Array {
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
