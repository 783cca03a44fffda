/**
 * The limits of a run: what its journal keeps of them, and what `,auto` has found. They are in the executor, on this machine or over a broker.
 */

import type { LimitState } from "../../executor/queue/limit_state.ts";
import type { RunOptions } from "../flags/options.ts";
import { foundText, type RateFlag, unitOf } from "../flags/values/rate.ts";
import type { SessionProgress } from "../journal/rows/sessions.ts";
import type { PauseSpan } from "../progress/pauses.ts";

export type SavedLimits = NonNullable<SessionProgress["limits"]>;

/** Maximum number of paused keys that a journal keeps. A guess; it is written with outcomes. */
const MOST_KEYS = 100;

/** How long {@link RunLimits.saved} returns the same, in milliseconds. A guess: many outcomes are written in this time. */
const KEPT_FOR = 500;

interface LimitKeeper {
  limits(): LimitState;
  takeOver(state: LimitState): void;
  /** Called when the limits have changed by much. */
  onLimits: (() => void) | undefined;
}

interface PausedExecutor {
  addEventListener(
    type: "pause",
    listener: (event: { detail: { key?: string | number; delay: number } }) => void,
  ): void;
}

export class RunLimits {
  readonly #keeper: LimitKeeper;
  readonly #found: () => number[];
  readonly #rates: RateFlag[];
  /** What {@link saved} returned last, and when it was read. */
  #saved: SavedLimits | undefined;
  #savedAt = 0;

  /** @param found returns the amount of each rate; with `,auto`, what was found so far */
  constructor(keeper: LimitKeeper, found: () => number[], { rate = [] }: Pick<RunOptions, "rate">) {
    this.#keeper = keeper;
    this.#found = found;
    this.#rates = rate;
  }

  /** The rates with `,auto`, and what was found: `100/s,auto` and `52.5/s`. */
  get settledRates(): { text: string; found: string }[] {
    const found = this.#found();
    return this.#rates.flatMap((one, at) =>
      one.auto ? [{ text: one.text, found: foundText(one, found[at]) }] : []
    );
  }

  /** What a resumed run must know to keep the limits of this one. */
  saved(): SavedLimits {
    const now = performance.now();
    if (this.#saved && now - this.#savedAt <= KEPT_FOR) return this.#saved;
    const { rates, opens, keys } = this.#keeper.limits();
    this.#savedAt = now;
    return this.#saved = {
      rates: this.#rates.flatMap((one, at) => rates[at] ? [{ unit: unitOf(one), ...rates[at] }] : []),
      opens,
      keys: keys.slice(0, MOST_KEYS),
    };
  }

  /** Takes over the limits of an earlier session. A rate may have another amount now. */
  takeOver({ rates, opens, keys }: SavedLimits): void {
    const own = this.#rates.map((one) => rates.find(({ unit }) => unit === unitOf(one)));
    this.#keeper.takeOver({ rates: own, opens, keys });
  }

  /** Reports pauses, and when what {@link saved} returns has changed by much. */
  watch(
    executor: PausedExecutor,
    { limitsChanged, paused }: { limitsChanged(): void; paused(pause: PauseSpan): void },
  ): void {
    this.#keeper.onLimits = () => {
      this.#saved = undefined;
      limitsChanged();
    };
    executor.addEventListener("pause", ({ detail: { key, delay } }) => {
      const from = performance.now();
      paused({ from, until: from + delay, key: key === undefined ? undefined : String(key) });
    });
  }
}
