/**
 * Decides at the caller whether inputs are tried again, because the function `retry.when` cannot be sent. Inputs wait here for their next
 * attempt, and go to any worker then. Without `when`, the workers decide, which saves a way over the broker.
 */

import { WorkerLostError } from "../../errors.ts";
import { after, LONGEST } from "../../executor/basics/deadlines.ts";
import type { ResolvedRetryOptions } from "../../executor/options/retry_options.ts";
import { delayAfter, mayTryAgain } from "../../executor/queue/retry.ts";
import { retryAfter } from "../../executor/queue/retry_after.ts";
import type { Texts } from "../broker/encoding.ts";

interface Again {
  first: number;
  texts: Texts;
  attempt: number;
}

export class CallerRetries {
  readonly #retry: ResolvedRetryOptions;
  readonly #due: (again: Again) => void;
  readonly #waiting = new Map<number, ReturnType<typeof setTimeout> | undefined>();
  /** Number of workers that were lost with an input, by its index. */
  readonly #lost = new Map<number, number>();

  /** @param due takes an input whose next attempt is due */
  constructor(retry: ResolvedRetryOptions, due: (again: Again) => void) {
    this.#retry = retry;
    this.#due = due;
  }

  /**
   * Takes over an input that has failed, if it is to be tried again. Returns whether it is.
   *
   * @throws whatever the user's `when` throws
   */
  take({ first, texts, attempt }: Again, error: unknown): boolean {
    const lost = (this.#lost.get(first) ?? 0) + (error instanceof WorkerLostError ? 1 : 0);
    if (lost > 0) this.#lost.set(first, lost);
    if (!mayTryAgain(error, attempt, lost, this.#retry)) return this.#forget(first);
    const delay = retryAfter(error).delay ?? delayAfter(attempt, this.#retry);
    if (delay > LONGEST) return this.#forget(first);
    const due = () => {
      this.#waiting.delete(first);
      this.#due({ first, texts, attempt: attempt + 1 });
    };
    this.#waiting.set(first, after(delay, due));
    return true;
  }

  /** Takes out all inputs that wait. Returns their indices. */
  clear(): number[] {
    const waiting = [...this.#waiting.keys()];
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    return waiting;
  }

  #forget(first: number): false {
    this.#lost.delete(first);
    return false;
  }
}
