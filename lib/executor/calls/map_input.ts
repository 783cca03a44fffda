/**
 * Reads the inputs of a map from a sync or async iterable. Promises among the inputs are awaited, and an iterator that breaks the
 * protocol is an error.
 */

import { iterableOf } from "../options/checks.ts";

/** One step: the next input, or the end. */
type Step = IteratorResult<unknown>;

/** An iterator that may answer without a promise, also if it is async. */
interface InputIterator {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

export class MapInput {
  readonly #iterator: InputIterator;
  /** The array of inputs, if the inputs are an array with the usual iterator. */
  readonly #array: unknown[] | undefined;
  #at = 0;

  /** @throws {TypeError} if the inputs are not iterable; and whatever making the iterator throws */
  constructor(inputs: unknown) {
    const { [Symbol.asyncIterator]: makeAsync, [Symbol.iterator]: makeSync } = Object(
      iterableOf("The inputs of a map", inputs),
    );
    const iterator = (makeAsync ?? makeSync)?.call(inputs);
    if (typeof iterator?.next !== "function") {
      throw new TypeError(`A map needs an iterable or async iterable of inputs, got ${typeof inputs}`);
    }
    this.#iterator = iterator;
    if (Array.isArray(inputs) && makeAsync === undefined && makeSync === Array.prototype.values) {
      this.#array = inputs;
    }
  }

  /** Adds at most `most` inputs of an array to a list, up to the first promise. {@link next} gives the input that follows. */
  take(most: number, list: unknown[]): void {
    const array = this.#array;
    if (!array) return;
    let at = this.#at;
    const end = Math.min(array.length, at + most);
    // Not by `slice`, which keeps holes: an array with holes crosses to a worker slowly.
    for (; at < end; at++) {
      const input = array[at];
      if (isPromiseLike(input)) break;
      list.push(input);
    }
    this.#at = at;
  }

  /** The next step, or a promise of it. Throws or rejects if the iterator fails or returns no step, or an input rejects. */
  next(): Step | Promise<Step> {
    if (this.#array) return this.#nextOfArray(this.#array);
    const step = this.#iterator.next();
    return isPromiseLike(step) ? Promise.resolve(step).then(this.#awaited) : this.#awaited(step);
  }

  /** Tells the iterator that no more inputs are wanted. Its answer is not awaited, because it may never come. */
  close(): void {
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // Nobody reads the map any more who could get the error.
    }
  }

  #nextOfArray(array: unknown[]): Step | Promise<Step> {
    if (this.#at >= array.length) return { done: true, value: undefined };
    return this.#awaited({ done: false, value: array[this.#at++] });
  }

  /** The step with its input awaited. An input that rejects ends the iteration, as in `for await`. */
  readonly #awaited = (step: Step): Step | Promise<Step> => {
    if (typeof step !== "object" || step === null) {
      throw new TypeError(`The inputs' iterator must return an object from next(), got ${step}`);
    }
    const { done, value } = step;
    if (done || !isPromiseLike(value)) return step;
    return Promise.resolve(value).then((value) => ({ done: false, value }), (error) => {
      this.close();
      throw error;
    });
  };
}

function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  // Some query builders are functions with a `then` method.
  if (value === null || typeof value !== "object" && typeof value !== "function") return false;
  return typeof (value as { then?: unknown }).then === "function";
}
