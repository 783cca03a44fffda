/** Tracks whether the broker can be used, and tells the user when that changes. Each run and each worker has one. */

import type { BrokerError } from "./errors.ts";

/** Time without an answer after which the user is told, in milliseconds. A guess: a busy broker answers within a second. */
const SILENCE = 5_000;

/** How often the failure is named again in its first minute, in milliseconds. A guess; later, once a minute. */
const REMINDER = 8_000;

/** Time after a failure during which its consequences still appear, in milliseconds. A guess: longer than most locks last. */
const AFTERMATH = 60_000;

/**
 * Number of consecutive checks without a connection after which a broker that refused writes counts as away. The client
 * reconnects meanwhile.
 */
const MOST_BETWEEN = 3;

/** The failure of a broker that accepts no writes, as the end of "the broker has …". */
const REFUSES = "taken no writes";

interface WatchInit {
  /** The broker's address. */
  label: string;
  notice(line: string): void;
}

export class BrokerWatch {
  readonly #init: WatchInit;
  #looksAway = 0;
  #failing: { since: number; how: string; line: string; named: number } | undefined;
  #failedLast = -Infinity;

  constructor(init: WatchInit) {
    this.#init = init;
  }

  /** How long the broker has been unusable, in milliseconds; 0 if it works. */
  get failingFor(): number {
    return this.#failing ? Date.now() - this.#failing.since : 0;
  }

  /** The failure, as the end of "the broker has …": `been away`, `not answered`, `taken no writes`. */
  get failure(): string | undefined {
    return this.#failing?.how;
  }

  /** Whether the broker fails, or has failed a short time ago. */
  get isDoubtful(): boolean {
    return this.#failing !== undefined || performance.now() - this.#failedLast < AFTERMATH;
  }

  /** Called at each check. Shows the line of a lasting failure again from time to time. */
  remind(): void {
    if (!this.#failing) return;
    const { since, named, line } = this.#failing;
    const now = Date.now();
    if (now - named < (now - since < 60_000 ? REMINDER : 60_000)) return;
    this.#failing.named = now;
    this.#init.notice(`${line} (for ${Math.round((now - since) / 1_000)} s)`);
  }

  /** Notes that the broker has accepted a write. */
  works(): void {
    if (this.#failing) this.#init.notice(`the broker at ${this.#init.label} is back`);
    this.#failing = undefined;
  }

  /** Notes a check that found no connection. */
  away(): void {
    // The client reconnects to a broker that accepts no writes, so from time to time there is no connection.
    if (this.#failing?.how === REFUSES && ++this.#looksAway < MOST_BETWEEN) return;
    this.#fails("been away", `the broker at ${this.#init.label} is away; waiting for it`);
  }

  /** Notes the broker's answer that it accepts no writes. */
  refuses({ message }: BrokerError): void {
    this.#looksAway = 0;
    this.#fails(REFUSES, `${message.replace(/^The/, "the").replace(/\.$/, "")}; waiting for it`);
  }

  /** Waits for an answer. Tells the user if it does not arrive within {@link SILENCE}. */
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
    this.#failedLast = performance.now();
    const isNew = this.#failing?.how !== how;
    if (isNew) this.#init.notice(line);
    const now = Date.now();
    const { since = now, named = now } = this.#failing ?? {};
    this.#failing = { since, how, line, named: isNew ? now : named };
  }
}
