/**
 * The outputs of a `flatMap` as its reader gets them: what the generators of all inputs yield, in the order of the inputs or as they
 * come. Inputs are pulled only as outputs are read, and a generator waits while its outputs are not read.
 */

import { ROOM } from "../../wire/many.ts";
import { Fifo } from "../basics/fifo.ts";
import { InOrder } from "./in_order.ts";
import { MapReading, type MapReadingInit } from "./map_reading.ts";
import type { EarlyOutputs } from "../tasks/task.ts";

interface Part {
  index: number;
  outputs: unknown[];
  /** Set if the body goes on. */
  early?: EarlyOutputs;
  /** Set if the input has failed. The error comes after the outputs. */
  failure?: { error: unknown };
  /** Whether the task has handed in inputs. */
  isParent?: boolean;
}

/** The outputs of a `flatMap`, one by one. */
export class FlatMapResults<T> implements AsyncIterableIterator<T> {
  readonly #init: MapReadingInit;
  readonly #order: InOrder<Part>;
  /** Parts that can be read, and number of outputs of the first that were. */
  readonly #ready = new Fifo<Part>();
  #read = 0;
  readonly #reading: MapReading;
  /** Number of early outputs of each input that were not read. */
  readonly #unread = new Map<number, number>();

  /** Nothing is pulled before the first output is asked for. The output of each input of the feed is an array. */
  constructor(init: MapReadingInit) {
    this.#init = init;
    this.#reading = new MapReading(init, {
      sink: {
        succeeded: (index, _, values) => {
          for (let at = 0; at < values.length; at++) {
            this.#settled({ index: index + at, outputs: values.at(at) as unknown[] });
          }
          this.#deliver();
        },
        settled: (index, { ok, value, task }) => {
          const { source } = this.#reading;
          const isParent = task?.added !== undefined;
          if (isParent) source.add(index, task.added!);
          if (ok) this.#settled({ index, outputs: value as unknown[], isParent });
          else this.#failed(index, value, isParent);
          if (isParent) source.widened();
          this.#deliver();
        },
        yielded: (index, early) => this.#yielded(index, early),
      },
      deliver: () => this.#deliver(),
      unreadBodies: () => this.#unread.size,
      waitingBodies: () => this.#waitingBodies,
    });
    const turns = this.#reading.source.added;
    this.#order = new InOrder<Part>(init.ordered, (part) => {
      this.#ready.push(part);
      if (part.isParent) turns.place(part.index);
      return undefined;
    }, { turns });
  }

  /** The next output. Rejects with the first failure, after what was yielded before. */
  next(): Promise<IteratorResult<T>> {
    this.#reading.calls.asked++;
    return this.#reading.next();
  }

  /** Stops: pulls no more inputs, and closes the generators. Resolves when no body of the flat map runs any more. */
  async return(value?: unknown): Promise<IteratorResult<T>> {
    await this.#reading.stop("outputs");
    return { done: true, value: value as T };
  }

  /** All outputs. Rejects with the first failure. */
  async toArray(): Promise<T[]> {
    const outputs: T[] = [];
    for await (const output of this) outputs.push(output);
    return outputs;
  }

  /** The flat map itself, because outputs can be read once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#reading.calls.areOfLoop = true;
    return this;
  }

  /** Stops the flat map, as {@link return} does. `await using` calls it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Number of bodies that wait until their outputs are read. */
  get #waitingBodies(): number {
    let waiting = 0;
    for (const unread of this.#unread.values()) if (unread >= ROOM.value) waiting++;
    return waiting;
  }

  #yielded(index: number, early: EarlyOutputs): void {
    if (this.#reading.hasEnded) return;
    const outputs = early.outputs as unknown[];
    const unread = (this.#unread.get(index) ?? 0) + outputs.length;
    this.#unread.set(index, unread);
    early.pass();
    this.#order.addPart(index, { index, outputs, early });
    this.#deliver();
    if (unread >= ROOM.value) this.#init.open.changed();
  }

  #settled(part: Part): void {
    if (this.#reading.hasEnded) return;
    this.#reading.source.added.ran(part.index, 1);
    this.#order.add(part.index, part);
  }

  #failed(index: number, error: unknown, isParent: boolean): void {
    const failure = this.#reading.isDrained(error) ? undefined : { error };
    this.#settled({ index, outputs: [], failure, isParent });
  }

  /** Gives the waiting calls of `next()` the outputs that are ready. */
  #deliver(): void {
    const reading = this.#reading;
    while (reading.calls.size > 0 && !reading.hasEnded) {
      const part = this.#ready.peek();
      if (!part) break;
      if (this.#read < part.outputs.length) {
        const value = part.outputs[this.#read];
        part.outputs[this.#read++] = undefined;
        reading.calls.give(value);
      }
      if (this.#read < part.outputs.length) continue;
      this.#ready.shift();
      this.#read = 0;
      if (part.failure) return reading.fail(part.failure.error);
      this.#done(part);
    }
    reading.goOn();
  }

  /** All outputs of a part were read. */
  #done({ index, outputs, early }: Part): void {
    if (!early) {
      this.#reading.source.ahead--;
      return;
    }
    const unread = this.#unread.get(index)! - outputs.length;
    if (unread > 0) this.#unread.set(index, unread);
    else this.#unread.delete(index);
    early.grant();
  }
}
