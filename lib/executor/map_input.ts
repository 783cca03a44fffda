/**
 * The inputs of a `map`: sync and async iterables behind one face, and whatever breaks their protocol
 * as an error.
 *
 * @module
 */

/** One step: the next input, or the end. */
type Step = IteratorResult<unknown>;

/** An iterator that may answer at once: ours do where they can, to save a promise per input. */
interface InputIterator {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

/** Reads inputs one by one; those of an array as many at once as are wanted. */
export class MapInput {
  readonly #iterator: InputIterator;
  /** Where nothing but the array itself says what is in it. */
  readonly #array: unknown[] | undefined;
  #at = 0;

  /** @throws {TypeError} if there is nothing to iterate, and whatever making the iterator throws */
  constructor(inputs: unknown) {
    const { [Symbol.asyncIterator]: makeAsync, [Symbol.iterator]: makeSync } = Object(inputs);
    const iterator = (makeAsync ?? makeSync)?.call(inputs);
    if (typeof iterator?.next !== "function") {
      throw new TypeError(`map() needs an iterable or async iterable of inputs, got ${typeof inputs}`);
    }
    this.#iterator = iterator;
    if (Array.isArray(inputs) && makeAsync === undefined && makeSync === Array.prototype.values) {
      this.#array = inputs;
    }
  }

  /** Adds the next inputs to a list, at most so many, if they lie in an array; else {@link next} has to be asked. */
  take(most: number, list: unknown[]): void {
    if (!this.#array) return;
    const end = Math.min(this.#array.length, this.#at + most);
    // Not by `slice`, which keeps holes: an array with holes crosses to a worker slowly.
    while (this.#at < end) list.push(this.#array[this.#at++]);
  }

  /** The next step, or a promise of it. Throws, or rejects, if the iterator does, or if it is no step. */
  next(): Step | Promise<Step> {
    if (this.#array) return { done: true, value: undefined };
    const step = this.#iterator.next();
    return isPromiseLike(step) ? Promise.resolve(step).then(checked) : checked(step);
  }

  /** Says that no more is wanted. The answer is not waited for: the input may be waiting itself. */
  close(): void {
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // Whatever it has to say, nobody is there to hear it.
    }
  }
}

function checked(step: Step): Step {
  if (typeof step === "object" && step !== null) return step;
  throw new TypeError(`The inputs' iterator returned ${step}, which is no result`);
}

function isPromiseLike(step: unknown): step is PromiseLike<Step> {
  return typeof (step as { then?: unknown } | undefined)?.then === "function";
}
