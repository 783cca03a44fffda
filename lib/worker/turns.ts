/** Gives the event loop turns for timers and messages, such as an abort, while a generator computes without waiting. */

import { defer, deferByMessage, now, setTimeout } from "./realm.ts";

const { Promise } = globalThis;

/** A way to turn the event loop so that messages arrive. */
export interface Turn {
  /** Maximum time for which a generator runs without a turn, in milliseconds. It is many times as long as a turn. */
  every: number;
  give(): Promise<void>;
}

export const IMMEDIATE: Turn = {
  every: 2,
  async give() {
    // Twice, because the first one runs before the next message if a message's listener requested it.
    await new Promise<void>(defer);
    await new Promise<void>(defer);
  },
};

/** Turns after every value, for a reader in the same thread, which gets a value only in a turn. */
export const PER_VALUE: Turn = { every: 0, give: IMMEDIATE.give };

function byMessage(): (callback: () => void) => void {
  try {
    return deferByMessage();
  } catch {
    // A task has replaced what ports are made of.
    return setTimeout;
  }
}

let passing: ReturnType<typeof deferByMessage> | undefined;

/** Turns for threads of Deno, where `setImmediate` lets a message in only every 24th time (measured with Deno 2.9.6). */
const BY_MESSAGE: Turn = {
  every: 5,
  async give() {
    await new Promise<void>(defer);
    await new Promise<void>(passing ??= byMessage());
  },
};

/** Turns for processes of Deno. Their messages arrive on a pipe, and neither way above lets them in (measured with Deno 2.9.6). */
export const BY_TIMER: Turn = {
  every: 20,
  give: () => new Promise((resolve) => void setTimeout(resolve)),
};

/** The way to turn for a thread of this runtime. */
export const threadTurn: Turn = "Deno" in globalThis ? BY_MESSAGE : IMMEDIATE;

/** The way to turn for a process of this runtime. */
export const processTurn: Turn = "Deno" in globalThis ? BY_TIMER : IMMEDIATE;

export class Turns {
  readonly #turn: Turn;
  #last = now();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  areDue(): boolean {
    return now() - this.#last >= this.#turn.every;
  }

  async give(): Promise<void> {
    await this.#turn.give();
    this.#last = now();
  }
}
