/**
 * Takes the messages of a process's second thread out of its stderr. On Deno, that thread can write nowhere else
 * (`worker/second_thread.ts`), and tasks print to stderr as well.
 */

import { joined } from "../wire/bytes.ts";
import { endOf, FIRST, HEADER, isSealed } from "../wire/frames.ts";

/** Maximum length of such a message, in bytes: it is a few numbers. */
const MOST_ASIDE = 256;

interface AsidesInit {
  seal: Uint8Array;
  onMessage(message: Uint8Array): void;
  /** Gets all other bytes, in order. */
  onRest(bytes: Uint8Array): void;
}

/** Parts a stream that arrives in pieces of any size into messages and other bytes. */
export class Asides {
  readonly #init: AsidesInit;
  /** Bytes that may be the beginning of a message. */
  #held: Uint8Array = new Uint8Array(0);

  constructor(init: AsidesInit) {
    this.#init = init;
  }

  push(piece: Uint8Array): void {
    const { onMessage, onRest } = this.#init;
    const bytes = this.#held.length === 0 ? piece : joined([this.#held, piece]);
    this.#held = bytes.subarray(bytes.length);
    for (let from = 0; from < bytes.length;) {
      const at = this.#find(bytes, from);
      if (at > from) onRest(bytes.subarray(from, at));
      const rest = bytes.subarray(at);
      const end = rest.length < HEADER ? HEADER : endOf(rest);
      if (rest.length < end) {
        this.#held = rest;
        return;
      }
      onMessage(rest.subarray(HEADER, end));
      from = at + end;
    }
  }

  /** Passes on the bytes that were held back: the stream has ended. */
  end(): void {
    if (this.#held.length > 0) this.#init.onRest(this.#held);
  }

  /** Returns where the next message begins, or may begin; the end of the bytes if nowhere. */
  #find(bytes: Uint8Array, from: number): number {
    for (let at = bytes.indexOf(FIRST, from); at !== -1; at = bytes.indexOf(FIRST, at + 1)) {
      const rest = bytes.subarray(at);
      if (!isSealed(rest, this.#init.seal)) continue;
      if (rest.length < HEADER || endOf(rest) <= HEADER + MOST_ASIDE) return at;
    }
    return bytes.length;
  }
}
