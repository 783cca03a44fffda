/**
 * The inputs that the tasks of a map hand in by `context.add`: each distinct one once.
 *
 * The inputs of an array are compared with them only once a task has handed one in, so that other maps take no time for it. What
 * another iterable gave is gone by then. It is remembered from the start if `revisit` is false.
 */

import { contentOf } from "../../wire/distinct.ts";
import { AddedQueue } from "./added_queue.ts";

export interface MapAddedInit {
  /** The inputs of the map, as the caller gave them. */
  inputs: unknown;
  /** Whether results are in the order of inputs. Added inputs then start when those of the caller have ended. */
  ordered: boolean;
  /** Number of slots of all workers. */
  slots: () => number;
  /** Whether inputs that are known already run again; undefined if the caller has not said. */
  revisit?: boolean;
  /** Maximum number of inputs, added ones included. Default: no limit. */
  most?: number;
}

export class MapAdded {
  /** Which of them may start, and the order of results. */
  readonly queue: AddedQueue<unknown>;
  readonly #init: MapAddedInit;

  constructor(init: MapAddedInit) {
    this.#init = init;
    const { ordered, slots, most = Infinity } = init;
    this.queue = new AddedQueue({ ordered, slots, most });
    if (init.revisit === false) this.queue.compare();
  }

  /** Takes note of inputs of the caller, which are pulled. */
  pulled(inputs: unknown[]): void {
    this.queue.callers += inputs.length;
    if (this.queue.compares) this.#know(inputs);
  }

  /**
   * Takes inputs that the task of the input `parent` has handed in.
   *
   * @throws {TypeError} if they cannot be compared with those of the caller
   */
  add(parent: number, inputs: unknown[]): void {
    const { queue } = this;
    if (!queue.compares && this.#init.revisit !== true) this.#begin();
    for (const input of inputs) queue.add(parent, input, queue.compares ? contentOf(input) : undefined);
  }

  #begin(): void {
    const { inputs } = this.#init;
    if (!Array.isArray(inputs)) {
      throw new TypeError(
        "context.add(): this map has its inputs from an iterator, so an added input cannot be compared with the ones before. " +
          "Pass an array to map(), or the option revisit: false, which remembers each input; or revisit: true, which compares none",
      );
    }
    this.queue.compare();
    this.#know(inputs.slice(0, this.queue.callers));
  }

  #know(inputs: unknown[]): void {
    for (const input of inputs) this.queue.know(contentOf(input));
  }
}
