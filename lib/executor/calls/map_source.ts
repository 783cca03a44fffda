/** Pulls the inputs of a map from the user's iterable, at most `window` ahead of the results that were read, and hands them to the feed. */

import { contextHere, withinContext } from "../../wire/async_context.ts";
import type { MapInputs } from "../options/map_options.ts";
import type { InputFeed } from "../tasks/feed.ts";
import type { AddedQueue } from "./added_queue.ts";
import { MapAdded } from "./map_added.ts";
import { MapInput } from "./map_input.ts";

export interface MapSourceInit {
  inputs: MapInputs<unknown>;
  /** Maximum number of inputs that are pulled ahead of the results that were read. */
  window: () => number;
  /** Number of slots of all workers. */
  slots: () => number;
  ordered: boolean;
  /** Whether added inputs that are known already run again; undefined if the caller has not said. */
  revisit?: boolean;
  /** Maximum number of inputs, added ones included. Default: no limit. */
  most?: number;
}

export class MapSource {
  /** The error to throw once all results before it were read. */
  failure: { error: unknown } | undefined;
  /** Number of inputs that were handed to the feed, and whose results have not been read. */
  ahead = 0;
  readonly #init: MapSourceInit;
  readonly #feed: InputFeed;
  /** The inputs that tasks have handed in. */
  readonly #added: MapAdded;
  /** Whether the iterable has ended. */
  #isDry = false;
  /** Number of inputs that were handed to the feed. */
  #count = 0;
  /** Whether no more inputs are wanted. */
  #isClosed = false;
  /** Whether the next step of the iterable is awaited. */
  #isAwaiting = false;
  readonly #most: number;
  readonly #ended: () => void;
  /** The context of the call of `map()`, in which the user's iterable runs. */
  readonly #context = contextHere();
  #input: MapInput | undefined;
  /** The window is filled again when at most this number of inputs are ahead. */
  #refillAt = 0;
  #pulling = false;

  /** @param ended called when the last input was pulled, or the iterable has failed */
  constructor(init: MapSourceInit, feed: InputFeed, ended: () => void) {
    this.#init = init;
    this.#feed = feed;
    this.#ended = ended;
    this.#added = new MapAdded(init);
    this.#most = init.most ?? Infinity;
  }

  /** Whether no more inputs are pulled, unless a task hands in further ones. */
  get isExhausted(): boolean {
    return this.#isClosed || this.#isDry && !this.#added.queue.hasMore;
  }

  /** Whether all results were read, except those of inputs beyond the maximum number. */
  get isRead(): boolean {
    return this.isExhausted && this.ahead === this.overrun;
  }

  /** Number of inputs that have started, and were found to be beyond the maximum number afterwards. */
  get overrun(): number {
    return this.#added.queue.overrun;
  }

  /** The order of results, and the places of added inputs in it. */
  get added(): AddedQueue<unknown> {
    return this.#added.queue;
  }

  /** Whether `open` was called, or no inputs are wanted. */
  get isOpen(): boolean {
    return this.#input !== undefined || this.isExhausted;
  }

  /** Gets the iterator. */
  open(): void {
    try {
      this.#input = withinContext(this.#context, () => new MapInput(this.#init.inputs));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Pulls inputs until the window is full. */
  pull(): void {
    // An input that settles while it is pushed calls this again. The loop goes on by itself.
    if (this.#pulling && !this.#isAwaiting || !this.#input || this.#aheadInTurn > this.#refillAt) return;
    if (this.#isAwaiting) return this.#pullAdded();
    this.#pulling = true;
    withinContext(this.#context, () => this.#pullNow());
  }

  /** Fills the window, because there may be more slots than before. */
  widened(): void {
    this.#refillAt = Infinity;
    this.pull();
  }

  /** Takes inputs that the task of the input `parent` has handed in. They start by {@link widened}. */
  add(parent: number, inputs: unknown[]): void {
    if (this.#isClosed) return;
    try {
      this.#added.add(parent, inputs);
    } catch (error) {
      this.close();
      this.fail(error);
    }
  }

  /** Pulls no more. The error is thrown after the results that come before it. */
  dry(error: unknown): void {
    if (this.isExhausted) return;
    this.close();
    this.fail(error);
  }

  /** Ends the inputs with an error. */
  fail(error: unknown): void {
    this.#isClosed = true;
    this.failure = { error };
    this.#ended();
  }

  /** Pulls no more, and closes the iterator. */
  close(): void {
    this.finish();
    withinContext(this.#context, () => this.#input?.close());
  }

  /** Pulls no more. */
  finish(): void {
    this.#isClosed = true;
  }

  #pullNow(): void {
    const window = this.#init.window();
    // A quarter of the window at a time, because inputs that are handed in together travel together; but early enough that no
    // slot stays empty. Without this, a map takes five times the CPU time.
    this.#refillAt = window - Math.max(1, Math.min(window >> 2, window - this.#init.slots()));
    const later = this.#pullUpTo(window);
    this.#feed.arrived();
    if (later) return this.#pullLater(later);
    this.#pulling = false;
  }

  /** Pulls until `window` inputs are ahead. Returns the next step if it has to be awaited. */
  #pullUpTo(window: number): Promise<IteratorResult<unknown>> | undefined {
    while (!this.isExhausted) {
      if (this.#takeAdded(window)) continue;
      const room = Math.min(window - this.#aheadInTurn, this.#most - this.#count);
      if (this.#isDry || room <= 0) return undefined;
      // Inputs that come without waiting are handed on together.
      const some: unknown[] = [];
      let step: IteratorResult<unknown> | Promise<IteratorResult<unknown>> | undefined;
      let failure: { error: unknown } | undefined;
      try {
        this.#input!.take(room, some);
        while (some.length < room && !this.isExhausted) {
          step = this.#input!.next();
          if (step instanceof Promise || step.done) break;
          some.push(step.value);
        }
      } catch (error) {
        failure = { error };
      }
      // The iterable may have ended this map while it was pulled.
      if (this.isExhausted) return undefined;
      if (some.length > 0) this.#takePulled(some);
      if (failure) this.fail(failure.error);
      else if (step instanceof Promise) return step;
      else if (step?.done) this.#pulled(step);
    }
    return undefined;
  }

  /** Hands on inputs of tasks while the next step of the iterable is awaited. */
  #pullAdded(): void {
    if (this.#takeAdded(this.#init.window())) this.#feed.arrived();
  }

  /** Hands on inputs of tasks, as many as the window allows. Those whose turn is not known have a window of their own. */
  #takeAdded(window: number): boolean {
    const { queue } = this.#added;
    if (queue.waiting === 0) return false;
    const room = window - this.#aheadInTurn;
    let inputs = room > 0 ? queue.take(Math.min(room, this.#mayStart), this.#count) : [];
    if (inputs.length === 0 && queue.earlyOpen < window) {
      inputs = queue.takeEarly(window - queue.earlyOpen, this.#count);
    }
    if (inputs.length > 0) this.#take(inputs);
    return inputs.length > 0;
  }

  /** Number of inputs that may start by the maximum number; in order, the added inputs count by their places. */
  get #mayStart(): number {
    return this.#init.ordered ? Infinity : this.#most - this.#count;
  }

  /** Number of inputs ahead that were handed on in turn. */
  get #aheadInTurn(): number {
    return this.ahead - this.#added.queue.earlyOpen;
  }

  #pullLater(step: Promise<IteratorResult<unknown>>): void {
    this.#isAwaiting = true;
    step.then((step) => this.#pulled(step)).catch((error) => {
      if (!this.isExhausted) this.fail(error);
    }).then(() => {
      this.#feed.arrived();
      this.#isAwaiting = false;
      this.#pulling = false;
      this.pull();
    });
  }

  #pulled(step: IteratorResult<unknown>): void {
    // The map may have ended while the step was awaited.
    if (this.#isClosed) return;
    if (!step.done) return this.#takePulled([step.value]);
    this.#isDry = true;
    this.#added.queue.end();
    if (this.isExhausted) this.#ended();
  }

  #takePulled(inputs: unknown[]): void {
    this.#added.pulled(inputs);
    this.#take(inputs);
  }

  #take(inputs: unknown[]): void {
    this.#count += inputs.length;
    this.ahead += inputs.length;
    const isLast = this.#count >= this.#most && !(this.#init.ordered && this.#isDry);
    if (isLast) this.close();
    this.#feed.push(inputs);
    if (isLast) this.#ended();
  }
}
