/**
 * Follows whether the broker can be used, and says so when that changes. A run and a worker each have one.
 *
 * @module
 */

import type { BrokerError } from "../errors.ts";

/** A broker that has not answered for so long is said to be silent, in milliseconds. */
const SILENCE = 5_000;

/** A broker that refused writes is said to be away once it has no connection at this many looks in a row. */
const MOST_BETWEEN = 3;

/** What a broker has done that refuses. */
const REFUSES = "taken no writes";

/** What it speaks of, and to whom. */
interface WatchInit {
  /** The broker's address. */
  label: string;
  notice(line: string): void;
}

/** Whether the broker can be used. */
export class BrokerWatch {
  readonly #init: WatchInit;
  #looksAway = 0;
  #failing: { since: number; how: string } | undefined;

  constructor(init: WatchInit) {
    this.#init = init;
  }

  /** For how long it could not be used, in milliseconds. */
  get failingFor(): number {
    return this.#failing ? Date.now() - this.#failing.since : 0;
  }

  /** What it does not do: `been away`, `taken no writes`. */
  get failure(): string | undefined {
    return this.#failing?.how;
  }

  /** It has taken a write. */
  works(): void {
    if (this.#failing) this.#init.notice(`the broker at ${this.#init.label} is back`);
    this.#failing = undefined;
  }

  /** There is no connection, at this look. */
  away(): void {
    // The client connects anew to a broker that takes no writes, and is between two connections now and then.
    if (this.#failing?.how === REFUSES && ++this.#looksAway < MOST_BETWEEN) return;
    this.#fails("been away", `the broker at ${this.#init.label} is away; waiting for it`);
  }

  /** It answers, and takes no writes. */
  refuses({ message }: BrokerError): void {
    this.#looksAway = 0;
    this.#fails(REFUSES, `${message.replace(/^The/, "the").replace(/\.$/, "")}; waiting for it`);
  }

  /** Waits for what it is asked; says so if it does not answer. */
  async asked<T>(work: Promise<T>): Promise<T> {
    const silent = () =>
      this.#fails("not answered", `the broker at ${this.#init.label} does not answer; waiting for it`);
    const timer = setTimeout(silent, SILENCE);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  #fails(how: string, line: string): void {
    if (this.#failing?.how !== how) this.#init.notice(line);
    this.#failing = { since: this.#failing?.since ?? Date.now(), how };
  }
}
