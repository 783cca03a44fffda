/**
 * One task on the caller's side, from its call until it settles. At each moment, one part owns it: the queue, the part that waits for
 * its next attempt, or one worker's handle. A cancellation goes to its owner.
 */

import type { Printed } from "../../wire/message.ts";
import type { Bodies } from "./bodies.ts";
import type { ResolvedTaskOptions } from "../options/task_options.ts";
import type { OuterStart } from "../options/feed_options.ts";
import type { Weights } from "./weights.ts";
import type { TaskTarget } from "./target_table.ts";
import { type Began, Told } from "./told.ts";
import type { TaskTrace } from "./tracing.ts";
import type { TaskState } from "./task_handle.ts";

export interface TaskOwner {
  /** Takes note that a task was taken away because of `reason`, and stops its body. */
  release(task: Task, reason: unknown): void;
  /** Reorders a task after `change` has changed its priority. */
  reorder?(task: Task, change: () => void): void;
  /** Called when the timeout has passed since a task was sent. Finds out whether its body has run for as long. */
  overdue?(task: Task): void;
  /** Makes tasks of the inputs with these numbers, which are in its chunks. */
  takeApart?(ids: number[]): void;
}

/** Observes the end of tasks, before their callers. */
export interface TaskObserver {
  settled(task: Task, ok: boolean, value: unknown): void;
  /** Takes a failed attempt. Returns whether the task was taken over, to be tried again. */
  retries(task: Task, error: unknown): boolean;
}

/** Outputs of an input whose body goes on. They wait for the outputs of earlier inputs, if outputs are in order. */
export interface EarlyOutputs {
  /** The outputs: an array, or text as `wire/many.ts` makes it. */
  readonly outputs: unknown;
  /** Lets the worker send more. Called once. */
  grant(): void;
  /** Marks the outputs as passed on: they cannot be taken back, so this attempt is the last. */
  pass(): void;
  /** Fails the input, because the outputs cannot be passed on. */
  refuse(error: unknown): void;
}

/** Waits for the outcome of a task. */
export interface TaskWaiter {
  /** The index of its input in a map; undefined if it is of no map. */
  readonly index?: number;
  /** The index of its input as the body sees it; undefined if the body sees none. */
  readonly inputIndex?: number;
  /** Counts the bodies that outlive their tasks, if something may wait for their ends. */
  readonly bodies?: Bodies;
  resolve(value: unknown, task: Task): void;
  reject(error: unknown, task: Task): void;
  /** Called when an attempt has failed and another will follow. `task` is still in the state of that attempt. */
  retried?(error: unknown, task: Task): void;
  /** Takes outputs that come before the outcome. */
  yielded?(outputs: EarlyOutputs): void;
  /** Takes what a body has printed. Returns false if it does not take it. */
  readonly printed?: (piece: Printed & { workerId: number }) => boolean;
}

interface TaskInit {
  id: number;
  target: TaskTarget;
  input: unknown;
  options: ResolvedTaskOptions;
  /** When it was handed in, in milliseconds of `performance.now()`. */
  submitted: number;
  observer: TaskObserver;
  waiter: TaskWaiter;
}

/** Fields that nearly all tasks share. A task that differs has a copy, because a million tasks may wait. */
interface Particulars {
  attempt: number;
  /** Number of workers that were lost or blocked while the task was on them. */
  losses: number;
  /** Whether it must run alone on its worker. */
  alone: boolean;
  /** Whether it was refused. Such a task does not count as failed. */
  refused: boolean;
  /** The number by which its worker knows this attempt; undefined for the task's own number. */
  wireId: number | undefined;
  /** The position in which it must run; undefined for any. */
  position: number | undefined;
  /** Of a stream: number of values that the reader has room for, and who takes them. `onYield` returns false without room. */
  stream:
    | { credit: number; onYield: (value: unknown) => boolean; grant?: (credit: number) => void }
    | undefined;
  /** Of this attempt's outputs that come before its outcome: how many more units the worker may send. */
  outputRoom: number | undefined;
  /** Whether outputs were passed on, so that the task cannot be tried again. */
  hasPassed: boolean;
  /** When this aborts, the task does not start any more. */
  drain: AbortSignal | undefined;
  limitKey: string | number | undefined;
  /** What it counts for by each rate; undefined if each task counts 1. */
  weights: Weights;
  /** Decides when its attempts start, if that is decided outside of the executor. */
  start: OuterStart | undefined;
  /** Called when the body of this attempt is on no worker any more. */
  onOut: (() => void) | undefined;
  /** Its span, where OpenTelemetry is on. */
  trace: TaskTrace | undefined;
  /** What the body of this attempt has told; undefined if nothing. */
  told: Told | undefined;
}

const USUAL: Particulars = {
  attempt: 1,
  losses: 0,
  alone: false,
  refused: false,
  wireId: undefined,
  position: undefined,
  stream: undefined,
  outputRoom: undefined,
  hasPassed: false,
  drain: undefined,
  limitKey: undefined,
  weights: undefined,
  start: undefined,
  onOut: undefined,
  trace: undefined,
  told: undefined,
};

export class Task {
  readonly id: number;
  readonly target: TaskTarget;
  options: ResolvedTaskOptions;
  readonly submitted: number;
  input: unknown;
  state: TaskState = "pending";
  owner: TaskOwner | undefined;
  /**
   * Run time of the last attempt's body, in microseconds, as its worker measured it. If the worker could not tell, the time from when
   * the task was sent to the end of the attempt. 0 if the body never ran.
   */
  micros = 0;
  /** When it was last sent to a worker, in milliseconds of `performance.now()`. */
  sent = 0;
  /** Number of tasks that its worker was sent before it. */
  place = 0;
  /** The number of the worker that it was sent to last; 0 before. */
  workerId = 0;
  #particulars = USUAL;
  readonly #observer: TaskObserver;
  readonly #waiter: TaskWaiter;

  constructor({ id, target, input, options, submitted, observer, waiter }: TaskInit) {
    this.id = id;
    this.target = target;
    this.input = input;
    this.options = options;
    this.submitted = submitted;
    this.#observer = observer;
    this.#waiter = waiter;
  }

  /** The index of its input in a map; undefined if it is of no map. */
  get index(): number | undefined {
    return this.#waiter.index;
  }

  /** Counts its bodies that outlive it, if something may wait for their ends. */
  get bodies(): Bodies | undefined {
    return this.#waiter.bodies;
  }

  /** Takes what its bodies print; undefined if nothing but the executor does. */
  get printed(): TaskWaiter["printed"] {
    return this.#waiter.printed;
  }

  /** The index of its input as the body sees it; undefined if the body sees none. */
  get inputIndex(): number | undefined {
    return this.#waiter.inputIndex;
  }

  /** The fields that most tasks share. */
  get particulars(): Readonly<Particulars> {
    return this.#particulars;
  }

  get attempt(): number {
    return this.#particulars.attempt;
  }

  get alone(): boolean {
    return this.#particulars.alone;
  }

  get wireId(): number {
    return this.#particulars.wireId ?? this.id;
  }

  get position(): number | undefined {
    return this.#particulars.position;
  }

  /** Takes what the body of the present attempt tells. */
  get told(): Told {
    if (!this.#particulars.told) this.set({ told: new Told() });
    return this.#particulars.told!;
  }

  /** The sums of the present attempt, by name; undefined if it has counted nothing. */
  get counts(): Record<string, number> | undefined {
    return this.#particulars.told?.counts.toRecord();
  }

  /** When and where the body of the present attempt began; undefined if that is not told. */
  get began(): Began | undefined {
    return this.#particulars.told?.began;
  }

  /** The inputs that the present attempt has handed in; undefined if there are none. */
  get added(): unknown[] | undefined {
    return this.#particulars.told?.added;
  }

  /** Sets such fields. */
  set(particulars: Partial<Particulars>): void {
    if (this.#particulars === USUAL) this.#particulars = { ...USUAL };
    Object.assign(this.#particulars, particulars);
  }

  /** Settles the task. Only the first call counts. The task's owner must know it, or {@link cancel} tells the owner. */
  settle(ok: boolean, value: unknown): void {
    if (this.state === "settled") return;
    this.state = "settled";
    this.input = undefined;
    this.#observer.settled(this, ok, value);
    // Not as methods of the waiter, so that these functions do not get it as `this`.
    const { resolve, reject } = this.#waiter;
    if (ok) resolve(value, this);
    else reject(value, this);
  }

  /** Changes its priority, which counts while the task waits, and if it is tried again. */
  setPriority(priority: number): void {
    const change = () => void (this.options = { ...this.options, priority });
    if (this.state === "pending" && this.owner?.reorder) this.owner.reorder(this, change);
    else change();
  }

  /** Tells the waiter that the task is tried again after `error`. */
  retried(error: unknown): void {
    this.#waiter.retried?.(error, this);
  }

  /** Passes on outputs that come before the outcome. `grant` lets the worker send as many units more. */
  yielded(outputs: unknown, grant: () => void): void {
    this.#waiter.yielded?.({
      outputs,
      grant,
      pass: () => this.set({ hasPassed: true }),
      refuse: (error) => this.cancel(error),
    });
  }

  /** Takes a failed attempt: settles the task, unless it is tried again. */
  fail(error: unknown): void {
    if (this.state === "settled") return;
    try {
      if (this.#observer.retries(this, error)) return;
    } catch (own) {
      // The user's `when` threw.
      return this.settle(false, own);
    }
    this.settle(false, error);
  }

  /** Sets the run time of an attempt of which the worker will not tell it. */
  endsUntold(): void {
    if (this.micros === 0) this.micros = Math.round((performance.now() - this.sent) * 1_000);
  }

  /** Cancels the task, whichever part owns it. */
  cancel(reason: unknown): void {
    if (this.state === "settled") return;
    const { owner } = this;
    if (this.state === "running") this.endsUntold();
    this.settle(false, reason);
    owner?.release(this, reason);
  }

  /** Takes the task away from its owner as failed. It may be tried again. */
  giveUp(error: unknown): void {
    if (this.state === "settled") return;
    const { owner } = this;
    this.fail(error);
    owner?.release(this, error);
  }
}
