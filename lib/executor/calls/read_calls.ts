/** The calls of `next()` of one map or stream that wait for a result. */

import { Fifo } from "../basics/fifo.ts";

interface ReadCall {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

export class ReadCalls {
  /** Number of results that were asked for. */
  asked = 0;
  /** Whether a loop reads the results. */
  areOfLoop = false;
  readonly #waiting = new Fifo<ReadCall>();

  get size(): number {
    return this.#waiting.size;
  }

  add<T>(): Promise<IteratorResult<T>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as ReadCall["resolve"], reject });
    });
  }

  give(value: unknown): void {
    this.#waiting.shift()!.resolve({ done: false, value });
  }

  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }

  end(): void {
    while (this.#waiting.size > 0) this.#waiting.shift()!.resolve({ done: true, value: undefined });
  }
}
