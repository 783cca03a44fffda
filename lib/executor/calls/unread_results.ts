/** The results of a map that its reader has not taken yet, in the order of the inputs or as they come. */

import type { AddedQueue } from "./added_queue.ts";
import { Fifo } from "../basics/fifo.ts";
import { InOrder } from "./in_order.ts";

/** Stands for an input whose outcome is an error, which is to be thrown. */
export class Failed {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** Results that can be read, in the arrays in which they came. */
export class UnreadResults {
  readonly #order: InOrder<unknown[]>;
  readonly #ready = new Fifo<unknown[]>();
  /** The inputs whose tasks have handed in others, by the array of the result, until that can be read. */
  readonly #parents = new Map<unknown[], number>();
  readonly #added: AddedQueue<unknown> | undefined;
  /** Number of results of the first array that were read. */
  #read = 0;

  /**
   * @param ordered whether results wait for those of earlier inputs
   * @param options `added`: the inputs that tasks have handed in, and so the order. `placed`: called with results whose place is another
   * than their index
   */
  constructor(
    ordered: boolean,
    { added, placed }: {
      added?: AddedQueue<unknown>;
      placed?: (results: unknown[], index: number) => void;
    } = {},
  ) {
    this.#added = added;
    this.#order = new InOrder<unknown[]>(ordered, (results) => {
      this.#ready.push(results);
      if (this.#parents.size > 0) this.#release(results);
      if (placed && ordered) {
        const index = added!.nextPlace;
        if (index !== undefined) placed(results, index);
      }
      return undefined;
    }, { turns: added });
  }

  /**
   * Takes the results of neighbouring inputs from `index` on. The array, which is not empty, is not the caller's any more.
   *
   * @param isParent whether the task has handed in inputs
   */
  add(index: number, results: unknown[], isParent = false): void {
    if (isParent) this.#parents.set(results, index);
    if (results.length === 1 || !this.#added?.hasTurn(index)) {
      return void this.#order.add(index, results, results.length);
    }
    for (let at = 0; at < results.length; at++) this.#order.add(index + at, [results[at]]);
  }

  /** Takes an input that has no result. */
  skip(index: number): void {
    this.#order.add(index, undefined);
  }

  #release(results: unknown[]): void {
    const parent = this.#parents.get(results);
    if (parent === undefined) return;
    this.#parents.delete(results);
    this.#added!.place(parent);
  }

  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  /** The next result. There must be one. */
  peek(): unknown {
    return this.#ready.peek()![this.#read];
  }

  /** Takes out the next result. There must be one. */
  shift(): unknown {
    const results = this.#ready.peek()!;
    const at = this.#read;
    const result = results[at];
    // What may be large is not kept for its neighbours' sake.
    if (typeof result !== "number") results[at] = undefined;
    this.#advance(results, at + 1);
    return result;
  }

  /** Moves results into a list from `at` on, up to an error; returns their number. */
  drainInto(list: unknown[], at: number): number {
    const start = at;
    while (this.isReady) {
      const results = this.#ready.peek()!;
      for (let from = this.#read; from < results.length; from++) {
        const result = results[from];
        if (result instanceof Failed) {
          this.#read = from;
          return at - start;
        }
        list[at++] = result;
      }
      this.#advance(results, results.length);
    }
    return at - start;
  }

  #advance(results: unknown[], read: number): void {
    this.#read = read;
    if (read < results.length) return;
    this.#ready.shift();
    this.#read = 0;
  }
}
