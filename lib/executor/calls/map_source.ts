/**
 * The pulled side of a map: inputs are taken from the user's iterable as results are read, no further than the window ahead, and
 * handed to the feed.
 *
 * @module
 */

import { contextHere, withinContext } from "../../wire/async_context.ts";
import type { MapInputs } from "../types.ts";
import type { InputFeed } from "./feed.ts";
import { MapInput } from "./map_input.ts";

/** What it takes to pull the inputs of a map. */
export interface MapSourceInit {
  inputs: MapInputs<unknown>;
  /** Maximum number of inputs that are pulled ahead of the results that were read. */
  window: () => number;
  /** Number of slots of all workers. */
  slots: () => number;
}

/** Pulls the inputs of one map. */
export class MapSource {
  /** Whether no more inputs come. */
  isExhausted = false;
  /** Thrown once every result before it was read. */
  failure: { error: unknown } | undefined;
  /** Inputs pulled whose results have not been read. */
  ahead = 0;
  readonly #init: MapSourceInit;
  readonly #feed: InputFeed;
  readonly #ended: () => void;
  /** Where `map()` was called: the user's iterable is pulled, and closed, there. */
  readonly #context = contextHere();
  #input: MapInput | undefined;
  /** The window is filled again once no more than this are ahead. */
  #refillAt = 0;
  #pulling = false;

  /** `ended` is called when the last input has come, or the iterable has failed. */
  constructor(init: MapSourceInit, feed: InputFeed, ended: () => void) {
    this.#init = init;
    this.#feed = feed;
    this.#ended = ended;
  }

  /** Whether the iterable was asked for its iterator, or never will be. */
  get isOpen(): boolean {
    return this.#input !== undefined || this.isExhausted;
  }

  /** Asks the iterable for its iterator. */
  open(): void {
    try {
      this.#input = withinContext(this.#context, () => new MapInput(this.#init.inputs));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Pulls inputs until the window is full. */
  pull(): void {
    // An input may settle while it is being taken in, and ask for the next: this loop goes on by itself.
    if (this.#pulling || !this.#input || this.ahead > this.#refillAt) return;
    this.#pulling = true;
    withinContext(this.#context, () => this.#pullNow());
  }

  /** There may be more slots than before. */
  widened(): void {
    this.#refillAt = Infinity;
    this.pull();
  }

  /** Pulls no more. Results that come before are still read, then the error is thrown. */
  dry(error: unknown): void {
    if (this.isExhausted) return;
    this.close();
    this.fail(error);
  }

  /** The iterable has failed, or was not opened. */
  fail(error: unknown): void {
    this.isExhausted = true;
    this.failure = { error };
    this.#ended();
  }

  /** Tells the iterable that no more is wanted. */
  close(): void {
    this.isExhausted = true;
    withinContext(this.#context, () => this.#input?.close());
  }

  #pullNow(): void {
    const window = this.#init.window();
    // Inputs are pulled by the quarter window, because tasks that are submitted together travel together;
    // but never so late that a slot would stay empty for it.
    this.#refillAt = window - Math.max(1, Math.min(window >> 2, window - this.#init.slots()));
    const later = this.#pullUpTo(window);
    this.#feed.arrived();
    if (later) return this.#pullLater(later);
    this.#pulling = false;
  }

  /** Pulls until `window` inputs are ahead. Returns the next step if it has to be waited for. */
  #pullUpTo(window: number): Promise<IteratorResult<unknown>> | undefined {
    while (!this.isExhausted && this.ahead < window) {
      // Those that come at once go on together.
      const some: unknown[] = [];
      let step: IteratorResult<unknown> | Promise<IteratorResult<unknown>> | undefined;
      let failure: { error: unknown } | undefined;
      try {
        this.#input!.take(window - this.ahead, some);
        while (this.ahead + some.length < window && !this.isExhausted) {
          step = this.#input!.next();
          if (step instanceof Promise || step.done) break;
          some.push(step.value);
        }
      } catch (error) {
        failure = { error };
      }
      // While it was pulled, the iterable may have ended this map.
      if (this.isExhausted) return undefined;
      if (some.length > 0) this.#take(some);
      if (failure) this.fail(failure.error);
      else if (step instanceof Promise) return step;
      else if (step?.done) this.#pulled(step);
    }
    return undefined;
  }

  #pullLater(step: Promise<IteratorResult<unknown>>): void {
    step.then((step) => this.#pulled(step)).catch((error) => {
      if (!this.isExhausted) this.fail(error);
    }).then(() => {
      this.#feed.arrived();
      this.#pulling = false;
      this.pull();
    });
  }

  #pulled(step: IteratorResult<unknown>): void {
    // The map may have ended while this was on its way.
    if (this.isExhausted) return;
    if (!step.done) return this.#take([step.value]);
    this.isExhausted = true;
    this.#ended();
  }

  #take(inputs: unknown[]): void {
    this.ahead += inputs.length;
    this.#feed.push(inputs);
  }
}
