/**
 * Turns of the event loop for timers and messages, an abort among them, while a generator computes without ever waiting.
 *
 * @module
 */

import { defer, deferByMessage, now, setTimeout } from "./realm.ts";

const { Promise } = globalThis;

/** A way to make the loop turn so that messages come in. */
export interface Turn {
  /** How long a generator may go on without a turn, in milliseconds: many times what a turn takes. */
  every: number;
  give(): Promise<void>;
}

/** By `setImmediate`. */
export const IMMEDIATE: Turn = {
  every: 2,
  async give() {
    // Twice: one that is asked for by a message's listener comes before the next message.
    await new Promise<void>(defer);
    await new Promise<void>(defer);
  },
};

/** For a reader in the same thread, which gets a value only in a turn. */
export const PER_VALUE: Turn = { every: 0, give: IMMEDIATE.give };

let passing: ReturnType<typeof deferByMessage> | undefined;

/** For threads of Deno, where `setImmediate` lets a message in only every 24th time (measured with Deno 2.9.6). */
export const BY_MESSAGE: Turn = {
  every: 5,
  async give() {
    await new Promise<void>(defer);
    await new Promise<void>(passing ??= deferByMessage());
  },
};

/** For processes of Deno, whose messages come by a pipe: neither of the ways above lets them in (measured with Deno 2.9.6). */
export const BY_TIMER: Turn = {
  every: 20,
  give: () => new Promise((resolve) => void setTimeout(resolve)),
};

/** The way for a thread of this runtime. */
export const threadTurn: Turn = "Deno" in globalThis ? BY_MESSAGE : IMMEDIATE;

/** The way for a process of this runtime. */
export const processTurn: Turn = "Deno" in globalThis ? BY_TIMER : IMMEDIATE;

/** The turns while one generator runs. */
export class Turns {
  readonly #turn: Turn;
  #last = now();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** Whether a turn is due. */
  areDue(): boolean {
    return now() - this.#last >= this.#turn.every;
  }

  /** Lets the loop turn. */
  async give(): Promise<void> {
    await this.#turn.give();
    this.#last = now();
  }
}
