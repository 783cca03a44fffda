/**
 * The results of a map that its reader has not taken yet, in the order of the inputs or as they come.
 *
 * @module
 */

import { Fifo } from "./fifo.ts";
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
  /** The inputs that tasks have handed in, by the array of the task's result, until that can be read. */
  readonly #waiting = new Map<unknown[], unknown[]>();
  #added: unknown[] = [];
  /** Number of results of the first array that were read. */
  #read = 0;

  /** @param ordered whether results wait for those of earlier inputs */
  constructor(ordered: boolean) {
    this.#order = new InOrder(ordered, (results) => {
      this.#ready.push(results);
      if (this.#waiting.size > 0) this.#release(results);
      return undefined;
    });
  }

  /**
   * Takes the results of neighbouring inputs from `index` on. The array, which is not empty, is not the caller's any more.
   *
   * @param added the inputs that the task has handed in
   */
  add(index: number, results: unknown[], added?: unknown[]): void {
    if (added) this.#waiting.set(results, added);
    this.#order.add(index, results, results.length);
  }

  /** Takes an input that has no result. */
  skip(index: number): void {
    this.#order.add(index, undefined);
  }

  /** Takes out the inputs that tasks have handed in, in the order of the tasks' results. Undefined if there are none. */
  takeAdded(): unknown[] | undefined {
    if (this.#added.length === 0) return undefined;
    const added = this.#added;
    this.#added = [];
    return added;
  }

  #release(results: unknown[]): void {
    const added = this.#waiting.get(results);
    if (!added) return;
    this.#waiting.delete(results);
    this.#added = this.#added.concat(added);
  }

  /** Whether there is a result to read. */
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
