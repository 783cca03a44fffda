/**
 * Generator tasks: sent value by value to a reader who grants credit, or collected into one array.
 *
 * @module
 */

import { defer } from "./realm.ts";

/** So many values are collected before timers and messages have their turn, an abort among them. */
const TURN = 256;

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Whether a result is a generator object, sync or async, and not merely something iterable. */
export function isGenerator(value: unknown): value is AnyIterator {
  if (typeof value !== "object" || value === null) return false;
  if (!("next" in value) || typeof value.next !== "function") return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/**
 * All that a generator yields, as an array: the result of a generator task that is not streamed. Closes
 * the generator once `isAborted()`.
 */
export async function collect(generator: AnyIterator, isAborted: () => boolean): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let step = await generator.next(); !step.done; step = await generator.next()) {
    values.push(step.value);
    // A generator that never waits would keep everything else on this loop waiting.
    if (values.length % TURN === 0) await new Promise<void>(defer);
    if (!isAborted()) continue;
    await generator.return?.();
    break;
  }
  return values;
}

/** Sends what a task yields, never more than the reader has asked for. */
export class StreamPump {
  readonly #send: (value: unknown) => void;
  #credit: number;
  #wake: (() => void) | undefined;
  #stopped = false;
  #failure: { error: unknown } | undefined;

  constructor(credit: number, send: (value: unknown) => void) {
    this.#credit = credit;
    this.#send = send;
  }

  /** Runs to the end of the source, or until stopped; closes the source either way. */
  async run(source: unknown): Promise<void> {
    const iterator = iteratorOf(source);
    try {
      while (!this.#stopped && !this.#failure) {
        if (this.#credit === 0) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          continue;
        }
        const step = await iterator.next();
        if (step.done) break;
        this.#credit--;
        this.#send(step.value);
      }
    } finally {
      // Its `finally` blocks run here when the reader left early.
      await iterator.return?.();
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** The reader has room for so many more. */
  grant(credit: number): void {
    this.#credit += credit;
    this.#wake?.();
  }

  /** The reader wants no more. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** A value could not be sent. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }
}

function iteratorOf(source: unknown): AnyIterator {
  if (typeof source === "object" && source !== null) {
    const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
    if (iterator) return iterator;
  }
  throw new TypeError(
    "stream() needs a task that is a generator or returns an iterable; use run() for this one",
  );
}
