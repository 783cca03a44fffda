/**
 * Inputs that wait, in the arrays in which they came: those go on to a worker whole, or in slices, so that an input
 * costs next to nothing on its way.
 *
 * @module
 */

import { Lines, type Values } from "../../wire/lines.ts";
import { Fifo } from "./fifo.ts";

/** Number of inputs in one array. Inputs that come one by one lie in arrays of this length: an array that grows is copied each time. */
export const SEGMENT = 1024;

/** A first-in, first-out list of inputs. */
export class Segments {
  readonly #segments = new Fifo<Values>();
  /** How many of the first segment are gone. */
  #gone = 0;
  /** The last one, while inputs may be added to it. */
  #open: unknown[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds inputs; an array is not the caller's any more. */
  push(inputs: Values): void {
    this.#size += inputs.length;
    this.#open = undefined;
    this.#segments.push(inputs);
  }

  /** Adds one. */
  add(input: unknown): void {
    this.#size++;
    if (this.#open && this.#open.length < SEGMENT) return void this.#open.push(input);
    this.#segments.push(this.#open = [input]);
  }

  /** Takes out the first inputs: at least one, at most `most`. There must be one. */
  take(most: number): Values {
    const first = this.#segments.peek()!;
    const start = this.#gone;
    const end = Math.min(first.length, start + most);
    this.#size -= end - start;
    if (end < first.length) {
      this.#gone = end;
      const some = first.slice(start, end);
      // What may be large is not kept for its neighbours' sake. Numbers are left alone: among numbers they cross to a
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
