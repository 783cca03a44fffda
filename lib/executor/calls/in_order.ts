/**
 * Puts outcomes into the order of their inputs, for maps and for the command line. An outcome waits here for those of earlier
 * inputs; the source limits how many do. Neighbouring inputs that settle together wait as one, so that most cost nothing here.
 *
 * @module
 */

/** Stands for the outcome of inputs that have none. */
const NONE = Symbol("none");

/** Outcomes that wait: one outcome stands for `count` neighbouring inputs. */
interface Waiting<T> {
  outcome: T | typeof NONE;
  count: number;
}

/** Passes outcomes on in the order of their inputs, or at once. */
export class InOrder<T> {
  readonly #ordered: boolean;
  readonly #write: (outcome: T) => Promise<unknown> | undefined;
  /** By the index of the first input. */
  readonly #waiting = new Map<number, Waiting<T>>();
  /** The index of the first input without an outcome. */
  #next = 0;

  /**
   * @param ordered whether outcomes wait for those of earlier inputs
   * @param write takes an outcome; its promise asks the caller of `add` to wait
   */
  constructor(ordered: boolean, write: (outcome: T) => Promise<unknown> | undefined) {
    this.#ordered = ordered;
    this.#write = write;
  }

  /**
   * Takes one outcome for `count` inputs from `index` on; undefined if they have none. The caller awaits what it returns before
   * more inputs.
   */
  add(index: number, outcome: T | undefined, count = 1): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    const taken: Waiting<T> = { outcome: outcome ?? NONE, count };
    if (index !== this.#next) return void this.#waiting.set(index, taken);
    let pause: Promise<unknown> | undefined;
    for (let next: Waiting<T> | undefined = taken; next; next = this.#waiting.get(this.#next)) {
      if (next !== taken) this.#waiting.delete(this.#next);
      this.#next += next.count;
      if (next.outcome !== NONE) pause = this.#write(next.outcome) ?? pause;
    }
    return pause;
  }

  /** Writes the outcomes that still wait: inputs before them have none. */
  async finish(): Promise<void> {
    const rest = [...this.#waiting].sort(([one], [other]) => one - other);
    for (const [, { outcome }] of rest) if (outcome !== NONE) await this.#write(outcome);
    this.#waiting.clear();
  }
}
