/** What the bodies of a job chunk have printed, until it is sent. */

import type { PrintedRecord } from "../broker/protocol.ts";

/** Length of a text that is sent at once, in characters. A guess: less means more calls of Redis. */
const MUCH = 64 * 1024;
/** How long a text waits for more, in milliseconds. A guess: a shorter time means more calls of Redis. */
const SOON = 20;

type Piece = PrintedRecord["pieces"][number];

export class PrintedPieces {
  readonly #send: (printed: PrintedRecord) => void;
  #pieces: Piece[] = [];
  #length = 0;

  constructor(send: (printed: PrintedRecord) => void) {
    this.#send = send;
  }

  /** Adds a text, or `ATTEMPT_ENDED`. It is sent with what is printed soon after. */
  add([index, count, workerId, stream, text]: Piece): void {
    let from = 0;
    do {
      this.#addShort([index, count, workerId, stream, text.slice(from, from + MUCH)]);
      from += MUCH;
    } while (from < text.length);
  }

  #addShort(piece: Piece): void {
    if (this.#pieces.push(piece) === 1) setTimeout(() => this.send(), SOON);
    this.#length += piece[4].length;
    if (this.#length >= MUCH) this.send();
  }

  send(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    [this.#pieces, this.#length] = [[], 0];
    this.#send({ v: 1, pieces });
  }
}
