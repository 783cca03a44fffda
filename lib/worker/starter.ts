/** Starts waiting tasks while slots are free. After two milliseconds, timers and messages get a turn. */

import { inTrace } from "../wire/telemetry.ts";
import type { Orders } from "../wire/orders.ts";
import type { Bodies } from "./bodies.ts";
import type { BodyContexts } from "./body_context.ts";
import type { ContextHost } from "./running_task.ts";
import type { LoopClock } from "./loop_clock.ts";
import { defer, queueMicrotask } from "./realm.ts";
import type { Replies } from "./replies.ts";
import type { WaitingTask, WaitingTasks } from "./waiting_tasks.ts";

/**
 * Maximum time for which tasks are started without a turn, in milliseconds. A guess: timers are late by up to this
 * time.
 */
const SLICE = 2;

/**
 * Number of microtasks between two starts while slots are filled, if the first body goes on and an outcome would leave at once.
 * An async function that waits for nothing has then ended, and its outcome leaves before the next body, which may never end. A
 * guess: enough for one or two `await` of settled values. Also pausing where outcomes leave together cost `map()` of numbers 10 %
 * more CPU on Node 24.
 */
const PAUSE = 2;

export interface StarterInit {
  worker: ContextHost;
  waiting: WaitingTasks;
  bodies: Bodies;
  clock: LoopClock;
  contexts: BodyContexts;
  replies: Pick<Replies, "leaveAtOnce">;
  /** The caller's orders in shared memory; undefined if memory is not shared. */
  orders: Orders | undefined;
  /** Maximum number of tasks in flight. */
  concurrency: number;
}

export class Starter {
  readonly #init: StarterInit;
  #concurrency: number;
  #sliceStart = 0;
  #isStarting = false;
  #isDeferred = false;
  /** Number of microtasks until the next body starts; 0 if there is no pause. */
  #pause = 0;
  #stopped = false;

  constructor(init: StarterInit) {
    this.#init = init;
    this.#concurrency = init.concurrency;
  }

  /** Sets the maximum number of tasks in flight. Takes effect after the current message has been read. */
  setConcurrency(concurrency: number): void {
    this.#concurrency = concurrency;
  }

  /** Begins a turn of the loop: a message has arrived, or a pause has ended. */
  beginTurn(): void {
    this.#init.clock.read();
    this.#sliceStart = this.#init.clock.time;
  }

  /** Starts no more tasks. */
  stop(): void {
    this.#stopped = true;
  }

  /** Starts waiting tasks while there are free slots, for at most {@link SLICE}, with pauses of {@link PAUSE}. */
  start(): void {
    const { waiting, bodies, contexts, orders, clock, replies } = this.#init;
    // If a task returns at once, its slot becomes free within the loop below, which goes on by itself.
    if (this.#isStarting) return;
    this.#isStarting = true;
    let goesOn = false;
    let pauses = false;
    while (this.#mayStart()) {
      pauses = goesOn && replies.leaveAtOnce(clock.time);
      const task = pauses ? undefined : waiting.shift();
      if (task === undefined) break;
      const running = bodies.size;
      if (contexts.isFresh()) this.#startInTrace(task);
      else this.#startInFresh(task);
      goesOn = bodies.size > running;
    }
    this.#isStarting = false;
    // Without shared memory, the caller cancels by message. Such a message could not arrive while a body held the loop.
    if (!orders) waiting.giveBackHeld(clock.time);
    waiting.watch();
    if (waiting.size === 0 || bodies.size >= this.#concurrency) return;
    if (pauses) this.#startSoon();
    else this.#startLater();
  }

  #mayStart(): boolean {
    const { bodies, clock } = this.#init;
    return !this.#stopped && bodies.size < this.#concurrency &&
      clock.time - this.#sliceStart <= SLICE && !this.#isHeldUp();
  }

  /** Whether the caller has ordered through shared memory that nothing may start now. */
  #isHeldUp(): boolean {
    const { orders, worker } = this.#init;
    if (orders === undefined || orders.areRead) return false;
    // Ends the worker if it was given up. Otherwise a record is on its way that may cancel the next task.
    worker.isGivenUp();
    return true;
  }

  #startSoon(): void {
    const isQueued = this.#pause > 0;
    this.#pause = PAUSE;
    if (!isQueued) queueMicrotask(this.#afterPause);
  }

  readonly #afterPause = (): void => {
    this.#pause--;
    if (this.#pause > 0) queueMicrotask(this.#afterPause);
    else this.start();
  };

  #startLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    defer(() => {
      this.#isDeferred = false;
      this.beginTurn();
      this.start();
    });
  }

  // Not inside the loop above, because each task would then be allocated separately for the function that refers to it.
  #startInFresh(task: WaitingTask): void {
    this.#init.contexts.inFresh(() => this.#startInTrace(task));
  }

  #startInTrace(task: WaitingTask): void {
    const { bodies } = this.#init;
    const trace = task.request?.trace;
    if (trace === undefined) bodies.start(task);
    else inTrace(trace, () => bodies.start(task));
  }
}
