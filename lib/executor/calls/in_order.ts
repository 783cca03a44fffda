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
  readonly #onWait: ((outcome: T, waits: boolean) => void) | undefined;
  /** Parts of outcomes that are not known yet, by the index of their input. */
  readonly #parts = new Map<number, T[]>();
  /** By the index of the first input. */
  readonly #waiting = new Map<number, Waiting<T>>();
  /** The index of the first input without an outcome. */
  #next = 0;

  /**
   * @param ordered whether outcomes wait for those of earlier inputs
   * @param write takes an outcome; its promise asks the caller of `add` to wait
   * @param onWait called when an outcome or a part begins to wait, and before it is written
   */
  constructor(
    ordered: boolean,
    write: (outcome: T) => Promise<unknown> | undefined,
    onWait?: (outcome: T, waits: boolean) => void,
  ) {
    this.#ordered = ordered;
    this.#write = write;
    this.#onWait = onWait;
  }

  /**
   * Takes one outcome for `count` inputs from `index` on; undefined if they have none. The caller awaits what it returns before
   * more inputs.
   */
  add(index: number, outcome: T | undefined, count = 1): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    const taken: Waiting<T> = { outcome: outcome ?? NONE, count };
    if (index !== this.#next) {
      if (outcome !== undefined) this.#onWait?.(outcome, true);
      return void this.#waiting.set(index, taken);
    }
    let pause: Promise<unknown> | undefined;
    for (let next: Waiting<T> | undefined = taken; next; next = this.#waiting.get(this.#next)) {
      if (next !== taken) {
        this.#waiting.delete(this.#next);
        if (next.outcome !== NONE) this.#onWait?.(next.outcome, false);
      }
      this.#next += next.count;
      if (next.outcome !== NONE) pause = this.#write(next.outcome) ?? pause;
      if (this.#parts.size > 0) pause = this.#writeParts(this.#next) ?? pause;
    }
    return pause;
  }

  /** Takes a part of an outcome: it is written when the input's turn has come, and the outcome follows. */
  addPart(index: number, part: T): Promise<unknown> | undefined {
    if (!this.#ordered || index === this.#next) return this.#write(part);
    this.#onWait?.(part, true);
    const parts = this.#parts.get(index);
    if (parts) parts.push(part);
    else this.#parts.set(index, [part]);
  }

  /** The parts that wait. */
  *waitingParts(): Iterable<T> {
    for (const parts of this.#parts.values()) yield* parts;
  }

  /** Forgets the parts of an outcome that were not written. */
  dropParts(index: number): void {
    // Emptied, because they may be written at this moment, and one of them may have failed the input.
    for (const part of this.#parts.get(index)?.splice(0) ?? []) this.#onWait?.(part, false);
    this.#parts.delete(index);
  }

  /** Writes the parts of an outcome whose turn has come. */
  #writeParts(index: number): Promise<unknown> | undefined {
    const parts = this.#parts.get(index);
    let pause: Promise<unknown> | undefined;
    for (let part = parts?.shift(); part !== undefined; part = parts!.shift()) {
      this.#onWait?.(part, false);
      pause = this.#write(part) ?? pause;
    }
    this.#parts.delete(index);
    return pause;
  }

  /** Writes the outcomes that still wait: inputs before them have none. */
  async finish(): Promise<void> {
    const rest = [...this.#waiting].sort(([one], [other]) => one - other);
    for (const [index, { outcome }] of rest) {
      await this.#writeParts(index);
      if (outcome !== NONE) await this.#write(outcome);
    }
    this.#waiting.clear();
    this.#parts.clear();
  }
}
