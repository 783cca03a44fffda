/**
 * The inputs that the tasks of a map hand in by `context.add`, while they wait: each distinct one once.
 *
 * The inputs of an array are compared with them only once a task has handed one in, so that other maps take no time for it. What
 * another iterable gave is gone by then. It is remembered from the start if `revisit` is false.
 *
 * @module
 */

import { contentOf, Distinct } from "../../wire/distinct.ts";
import { Fifo } from "./fifo.ts";

/** What it takes to keep added inputs. */
export interface MapAddedInit {
  /** The inputs of the map, as the caller gave them. */
  inputs: unknown;
  /** Whether results are in the order of inputs. Added inputs then wait until those of the caller have ended. */
  ordered: boolean;
  /** Whether inputs that are known already run again; undefined if the caller has not said. */
  revisit?: boolean;
}

/** The added inputs of one map. */
export class MapAdded {
  readonly #init: MapAddedInit;
  readonly #waiting = new Fifo<unknown>();
  /** The contents of all inputs; undefined while they are not compared. */
  #known: Distinct | undefined;

  constructor(init: MapAddedInit) {
    this.#init = init;
    if (init.revisit === false) this.#known = new Distinct();
  }

  /** Number of inputs that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether the next input is an added one. */
  comesNow({ isDry }: { isDry: boolean }): boolean {
    return this.#waiting.size > 0 && (isDry || !this.#init.ordered);
  }

  /** Takes note of inputs of the caller, which are pulled. */
  pulled(inputs: unknown[]): void {
    if (this.#known) { for (const input of inputs) this.#known.add(contentOf(input)); }
  }

  /**
   * Takes inputs that a task has handed in.
   *
   * @param pulled number of the caller's inputs that were pulled
   * @throws {TypeError} if they cannot be compared with those of the caller
   */
  add(inputs: unknown[], pulled: number): void {
    if (!this.#known && this.#init.revisit !== true) this.#begin(pulled);
    for (const input of inputs) {
      if (this.#known?.add(contentOf(input)) ?? true) this.#waiting.push(input);
    }
  }

  /** Takes out at most `most` inputs. */
  take(most: number): unknown[] {
    const inputs: unknown[] = [];
    while (inputs.length < most && this.#waiting.size > 0) inputs.push(this.#waiting.shift());
    return inputs;
  }

  #begin(pulled: number): void {
    const { inputs } = this.#init;
    if (!Array.isArray(inputs)) {
      throw new TypeError(
        "context.add(): this map has its inputs from an iterator, so an added input cannot be compared with the ones before. " +
          "Pass an array to map(), or the option revisit: false, which remembers each input; or revisit: true, which compares none",
      );
    }
    this.#known = new Distinct();
    this.pulled(inputs.slice(0, pulled));
  }
}
