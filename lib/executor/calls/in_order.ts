/**
 * Puts outcomes into the order of their inputs, for maps and for the command line. An outcome waits here for those of earlier
 * inputs; the source limits how many do. Neighbouring inputs that settle together wait as one, so that most cost nothing here.
 */

/** Stands for the outcome of inputs that have none. */
const NONE = Symbol("none");

/** Whose outcome comes next, where that is not the order of the indices. */
export interface Turns {
  /** The index of the input whose outcome comes next; undefined if it has not started. */
  readonly next: number | undefined;
  /** The outcomes of `count` inputs from {@link next} on have come. */
  pass(count: number): void;
  /** Called at the end with the indices of the outcomes that still wait. Returns those that are written, in their order. */
  last(indices: number[]): number[];
}

class Ascending implements Turns {
  next = 0;

  pass(count: number): void {
    this.next += count;
  }

  last(indices: number[]): number[] {
    return indices.sort((one, other) => one - other);
  }
}

/** Outcomes that wait: one outcome stands for `count` neighbouring inputs. */
interface Waiting<T> {
  outcome: T | typeof NONE;
  count: number;
}

export class InOrder<T> {
  readonly #ordered: boolean;
  readonly #write: (outcome: T) => Promise<unknown> | undefined;
  readonly #onWait: ((outcome: T, waits: boolean) => void) | undefined;
  /** Parts of outcomes that are not known yet, by the index of their input. */
  readonly #parts = new Map<number, T[]>();
  /** By the index of the first input. */
  readonly #waiting = new Map<number, Waiting<T>>();
  readonly #turns: Turns;

  /**
   * @param ordered whether outcomes wait for those of earlier inputs
   * @param write takes an outcome; its promise asks the caller of `add` to wait
   * @param options `onWait`: called when an outcome or a part begins to wait, and before it is written; `turns`: the order, by default
   * that of the indices
   */
  constructor(
    ordered: boolean,
    write: (outcome: T) => Promise<unknown> | undefined,
    { onWait, turns = new Ascending() }: {
      onWait?: (outcome: T, waits: boolean) => void;
      turns?: Turns;
    } = {},
  ) {
    this.#ordered = ordered;
    this.#write = write;
    this.#onWait = onWait;
    this.#turns = turns;
  }

  /**
   * Takes one outcome for `count` inputs from `index` on; undefined if they have none. The caller awaits what it returns before
   * more inputs.
   */
  add(index: number, outcome: T | undefined, count = 1): Promise<unknown> | undefined {
    if (!this.#ordered) return outcome && this.#write(outcome);
    const taken: Waiting<T> = { outcome: outcome ?? NONE, count };
    const turns = this.#turns;
    if (index !== turns.next) {
      if (outcome !== undefined) this.#onWait?.(outcome, true);
      return void this.#waiting.set(index, taken);
    }
    let pause: Promise<unknown> | undefined;
    for (let next: Waiting<T> | undefined = taken; next; next = this.#waiting.get(turns.next!)) {
      if (next !== taken) {
        this.#waiting.delete(turns.next!);
        if (next.outcome !== NONE) this.#onWait?.(next.outcome, false);
      }
      // An outcome that is written may decide whose turn follows.
      if (next.outcome !== NONE) pause = this.#write(next.outcome) ?? pause;
      turns.pass(next.count);
      if (this.#parts.size > 0) pause = this.#writeParts(turns.next!) ?? pause;
    }
    return pause;
  }

  /** Takes a part of an outcome: it is written when the input's turn has come, and the outcome follows. */
  addPart(index: number, part: T): Promise<unknown> | undefined {
    if (!this.#ordered || index === this.#turns.next) return this.#write(part);
    this.#onWait?.(part, true);
    const parts = this.#parts.get(index);
    if (parts) parts.push(part);
    else this.#parts.set(index, [part]);
  }

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
    for (const index of this.#turns.last([...this.#waiting.keys()])) {
      await this.#writeParts(index);
      const { outcome } = this.#waiting.get(index)!;
      if (outcome !== NONE) await this.#write(outcome);
    }
    this.#waiting.clear();
    this.#parts.clear();
  }
}
