/**
 * Starts the tasks that wait, while slots are free. After two milliseconds of that, timers and messages have their turn.
 *
 * @module
 */

import { inTrace } from "../wire/telemetry.ts";
import type { Orders } from "../wire/orders.ts";
import type { Bodies } from "./bodies.ts";
import type { BodyContexts } from "./body_context.ts";
import type { ContextHost } from "./context.ts";
import type { LoopClock } from "./loop_clock.ts";
import { defer } from "./realm.ts";
import type { WaitingTask, WaitingTasks } from "./waiting_tasks.ts";

/** How long tasks are started in one go, in milliseconds. A guess: timers are late by as much. */
const SLICE = 2;

/** What tasks are started with. */
export interface StarterInit {
  worker: ContextHost;
  waiting: WaitingTasks;
  bodies: Bodies;
  clock: LoopClock;
  contexts: BodyContexts;
  /** What the caller says without a message, where memory is shared. */
  orders: Orders | undefined;
  /** How many tasks may run at once. */
  concurrency: number;
}

/** Decides when the next task starts. */
export class Starter {
  readonly #init: StarterInit;
  #concurrency: number;
  #sliceStart = 0;
  #isStarting = false;
  #isDeferred = false;
  #stopped = false;

  constructor(init: StarterInit) {
    this.#init = init;
    this.#concurrency = init.concurrency;
  }

  /** From now on, up to `concurrency` tasks run at once. What waits is looked at when the message has been read. */
  setConcurrency(concurrency: number): void {
    this.#concurrency = concurrency;
  }

  /** Begins a turn of the loop: a message has come, or a pause has ended. */
  beginTurn(): void {
    this.#init.clock.read();
    this.#sliceStart = this.#init.clock.time;
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Starts what waits while there are slots, for one slice of time. */
  start(): void {
    const { waiting, bodies, contexts, orders, clock } = this.#init;
    // A task that returns at once frees its slot within the loop below, which goes on by itself.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#mayStart()) {
      const task = waiting.shift();
      if (!task) break;
      if (contexts.isFresh()) this.#startInTrace(task);
      else this.#startInFresh(task);
    }
    this.#isStarting = false;
    // Without shared memory the caller can cancel only by a message, which could not come in while a body held the loop.
    if (!orders) waiting.giveBackHeld(clock.time);
    waiting.watch();
    if (waiting.size > 0 && bodies.size < this.#concurrency) this.#startLater();
  }

  #mayStart(): boolean {
    const { bodies, clock } = this.#init;
    return !this.#stopped && bodies.size < this.#concurrency &&
      clock.time - this.#sliceStart <= SLICE && !this.#isHeldUp();
  }

  /** Whether the caller has said without a message that nothing may start now. */
  #isHeldUp(): boolean {
    const { orders, worker } = this.#init;
    if (!orders || orders.areRead) return false;
    // If the worker was not given up, a record is on its way, which may cancel what would start now.
    worker.isGivenUp();
    return true;
  }

  #startLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    defer(() => {
      this.#isDeferred = false;
      this.beginTurn();
      this.start();
    });
  }

  // Not in the loop above: there, each task would be kept in memory of its own for the function that refers to it.
  #startInFresh(task: WaitingTask): void {
    this.#init.contexts.inFresh(() => this.#startInTrace(task));
  }

  #startInTrace(task: WaitingTask): void {
    const { bodies } = this.#init;
    const trace = task.request?.trace;
    if (trace) inTrace(trace, () => bodies.start(task));
    else bodies.start(task);
  }
}
