/** Runs generator tasks. Their values are sent one by one to a reader that grants credit, or collected into an array. */

import { attempt } from "../wire/attempt.ts";
import { handleRejections } from "../wire/refused_promises.ts";
import { Room } from "./room.ts";
import { IMMEDIATE, PER_VALUE, type Turn, Turns } from "./turns.ts";

const asyncIteratorKey: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const iteratorKey: typeof Symbol.iterator = Symbol.iterator;

const ObjectPrototype = Object.prototype;

export type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

export interface GeneratorRun {
  /** Asks the generator for its next value. */
  next(generator: AnyIterator): ReturnType<AnyIterator["next"]>;
  /** How to turn the event loop meanwhile. */
  turn: Turn;
}

/** Whether a result is a generator object, sync or async. Other iterables are not. */
export function isGenerator(value: unknown): value is AnyIterator {
  if (typeof value !== "object" || value === null) return false;
  return hasNext(value) && (asyncIteratorKey in value || iteratorKey in value);
}

function hasNext(value: object): value is AnyIterator {
  if (!("next" in value)) return false;
  // A task may have added a method of this name to all objects, or a getter that throws.
  const next = attempt(() => value.next);
  return typeof next === "function" && next !== attempt(() => (ObjectPrototype as { next?: unknown }).next);
}

/**
 * Whether a result is a generator object or an async iterable, such as a stream. Neither can be written as text. So where results
 * are text, the values that it yields are written.
 */
export function isRead(value: unknown): value is AnyIterator | AsyncIterable<unknown> {
  return isGenerator(value) ||
    typeof value === "object" && value !== null && asyncIteratorKey in value &&
      typeof value[asyncIteratorKey] === "function";
}

/**
 * Returns everything that a generator or an async iterable yields, as an array: the result of a task that is not streamed.
 * Closes the source when `isAborted()` becomes true.
 */
export async function collect(
  source: AnyIterator | AsyncIterable<unknown>,
  { next, turn }: GeneratorRun,
  isAborted: () => boolean,
): Promise<unknown[]> {
  const generator = hasNext(source) ? source : iteratorOf(source, "collect()");
  const values: unknown[] = [];
  // No reader takes these values one by one, so a turn per value is not needed.
  const turns = new Turns(turn === PER_VALUE ? IMMEDIATE : turn);
  for (let step = stepOf(await next(generator)); !step.done; step = stepOf(await next(generator))) {
    values[values.length] = step.value;
    // The value is checked once the body has ended. A promise in it may reject before.
    handleRejections(step.value);
    // A generator that never waits would block everything else on this loop.
    if (turns.areDue()) await turns.give();
    if (!isAborted()) continue;
    await generator.return?.();
    break;
  }
  return values;
}

/** Sends the values that a task yields, at most as many as the reader has asked for. */
export class StreamPump {
  readonly room: Room;
  readonly #send: (value: unknown) => void;
  readonly #run: GeneratorRun;

  /** `send` must not delay a value, because the generator may compute for a long time before the next one. */
  constructor(credit: number, send: (value: unknown) => void, run: GeneratorRun) {
    this.room = new Room(credit);
    this.#send = send;
    this.#run = run;
  }

  /** Runs to the end of the source or until it is stopped, and then closes the source. */
  async run(source: unknown): Promise<void> {
    const iterator = iteratorOf(source, "stream()");
    const { room } = this;
    const { next, turn } = this.#run;
    const turns = new Turns(turn);
    try {
      while (room.isOpen) {
        if (room.left === 0) {
          await room.there();
          continue;
        }
        const step = stepOf(await next(iterator));
        if (step.done) break;
        room.left--;
        this.#send(step.value);
        // The reader may have stopped. That message can arrive only in a turn of the loop.
        if (turns.areDue()) await turns.give();
      }
    } finally {
      // If the reader stopped early, the generator's `finally` blocks run here.
      await iterator.return?.();
    }
    room.check();
  }
}

/** Checks what an iterator of user code returned: without an object, it would never be done. */
export function stepOf(step: IteratorResult<unknown>): IteratorResult<unknown> {
  if (typeof step === "object" && step !== null) return step;
  throw new TypeError(`The task's iterator must return an object from next(), got ${String(step)}`);
}

/** Returns the iterator of what a task returned. `caller` is the method that needs it, as messages name it. */
export function iteratorOf(source: unknown, caller: string): AnyIterator {
  if (typeof source === "object" && source !== null) {
    const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    const iterator = iterable[asyncIteratorKey]?.() ?? iterable[iteratorKey]?.();
    if (typeof iterator?.next === "function") return iterator;
    if (iterator) {
      throw new TypeError("The task's iterable must return an iterator, an object with next()");
    }
  }
  throw new TypeError(
    `${caller} needs a task that is a generator or returns an iterable; use ${
      caller === "stream()" ? "run()" : "map()"
    } for this one`,
  );
}
