/**
 * The limits of a run: what its journal keeps of them, and what `,auto` has found. They are in the executor, on this machine or over a broker.
 */

import type { LimitState } from "../../executor/queue/limit_state.ts";
import type { RunOptions } from "../flags/options.ts";
import { foundText, unitOf } from "../flags/values/rate.ts";
import type { SavedLimits } from "./host.ts";

/** Maximum number of paused keys that a journal keeps. A guess; it is written with outcomes. */
const MOST_KEYS = 100;

/** How long {@link RunLimits.saved} returns the same, in milliseconds. A guess: many outcomes are written in this time. */
const KEPT_FOR = 500;

/** The part of an executor that keeps its limits. */
interface LimitKeeper {
  limits(): LimitState;
  takeOver(state: LimitState): void;
  watchLimits(changed: () => void): void;
}

export class RunLimits {
  readonly #keeper: LimitKeeper;
  readonly #rates: () => number[];
  readonly #options: RunOptions;
  /** What {@link saved} returned last, and when it was read. */
  #saved: SavedLimits | undefined;
  #savedAt = 0;

  /** @param rates returns the amount of each rate; with `,auto`, what was found so far */
  constructor(keeper: LimitKeeper, rates: () => number[], options: RunOptions) {
    this.#keeper = keeper;
    this.#rates = rates;
    this.#options = options;
  }

  /** The rates with `,auto`, and what was found: `100/s,auto` and `52.5/s`. */
  get settledRates(): { text: string; found: string }[] {
    const rates = this.#rates();
    const { rate = [] } = this.#options;
    return rate.flatMap((one, at) => one.auto ? [{ text: one.text, found: foundText(one, rates[at]) }] : []);
  }

  /** What a resumed run must know to keep the limits of this one. */
  saved(): SavedLimits {
    const now = performance.now();
    if (!this.#saved || now - this.#savedAt > KEPT_FOR) this.#save(now);
    return this.#saved!;
  }

  #save(now: number): void {
    const { rates, opens, keys } = this.#keeper.limits();
    const { rate = [] } = this.#options;
    this.#savedAt = now;
    this.#saved = {
      rates: rate.flatMap((one, at) => rates[at] ? [{ unit: unitOf(one), ...rates[at] }] : []),
      opens,
      keys: keys.slice(0, MOST_KEYS),
    };
  }

  /** Takes over the limits of an earlier session. A rate may have another amount now. */
  takeOver({ rates, opens, keys }: SavedLimits): void {
    const { rate = [] } = this.#options;
    this.#keeper.takeOver({
      rates: rate.map((one) => rates.find(({ unit }) => unit === unitOf(one))),
      opens,
      keys,
    });
  }

  /** Calls `changed` when what {@link saved} returns has changed by much. */
  watch(changed: () => void): void {
    this.#keeper.watchLimits(() => {
      this.#saved = undefined;
      changed();
    });
  }
}
