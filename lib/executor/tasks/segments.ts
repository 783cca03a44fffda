/**
 * A list of waiting inputs, in the arrays in which they came. The arrays go on to a worker as a whole or in slices, so that an input
 * costs next to nothing on its way.
 */

import { Lines, type Values } from "../../wire/lines.ts";
import { Fifo } from "../basics/fifo.ts";

/** Length of the arrays of inputs that come one by one. A longer array is copied again and again while it grows. */
export const SEGMENT = 1024;

export class Segments {
  readonly #segments = new Fifo<Values>();
  /** Number of inputs of the first segment that were taken. */
  #gone = 0;
  /** The last segment, while inputs may be added to it. */
  #open: unknown[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds inputs. The array is not the caller's any more. */
  push(inputs: Values): void {
    this.#size += inputs.length;
    this.#open = undefined;
    this.#segments.push(inputs);
  }

  add(input: unknown): void {
    this.#size++;
    if (this.#open && this.#open.length < SEGMENT) return void this.#open.push(input);
    this.#segments.push(this.#open = [input]);
  }

  /** Takes out at least one and at most `most` inputs. There must be one. */
  take(most: number): Values {
    const first = this.#segments.peek()!;
    const start = this.#gone;
    const end = Math.min(first.length, start + most);
    this.#size -= end - start;
    if (end < first.length) {
      this.#gone = end;
      const some = first.slice(start, end);
      // Inputs that may be large are not kept by their neighbours. Numbers stay, because an array of numbers only crosses to a
      // worker in a fraction of the time.
      if (!(first instanceof Lines) && typeof first[start] !== "number") first.fill(undefined, start, end);
      return some;
    }
    this.#segments.shift();
    this.#gone = 0;
    if (first === this.#open) this.#open = undefined;
    return start === 0 ? first : first.slice(start);
  }

  clear(): void {
    this.#segments.clear();
    this.#gone = this.#size = 0;
    this.#open = undefined;
  }
}
