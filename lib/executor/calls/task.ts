/**
 * One task on the caller's side, from its submission until it settles. At any moment exactly one part
 * owns it: the queue, or one worker's handle. A cancellation goes to its owner.
 *
 * @module
 */

import type { Bodies } from "../pool/bodies.ts";
import type { ResolvedTaskOptions } from "../options.ts";
import type { TaskTarget } from "./target_table.ts";
import type { TaskTrace } from "./tracing.ts";
import type { TaskState } from "../types.ts";

/** Who holds a task. */
export interface TaskOwner {
  /** The task was taken away, because of `reason`: sees to what it leaves behind. */
  release(task: Task, reason: unknown): void;
  /** The task gets another priority by `change`. */
  reorder?(task: Task, change: () => void): void;
  /** As long as its time-out has passed since the task was sent to a worker: finds out whether its body has run as long. */
  overdue?(task: Task): void;
  /** Makes tasks of the inputs with these numbers, which it has in chunks. */
  takeApart?(ids: number[]): void;
}

/** Is told of a task's end, before the one who waits for it. */
export interface TaskObserver {
  settled(task: Task, ok: boolean, value: unknown): void;
  /** It failed. Returns whether it was taken over, to be tried again. */
  retries(task: Task, error: unknown): boolean;
}

/** Who waits for a task. */
export interface TaskWaiter {
  /** Where its input stands among those of a map. */
  readonly index?: number;
  /** Position of its input as the body sees it; undefined if it sees none. */
  readonly inputIndex?: number;
  /** Counts the bodies that outlive their tasks, where somebody may wait for their ends. */
  readonly bodies?: Bodies;
  resolve(value: unknown, task: Task): void;
  reject(error: unknown, task: Task): void;
  /** An attempt failed, and another will follow; `task` is still as it was in that attempt. */
  retried?(error: unknown, task: Task): void;
}

/** What it takes to make a task. */
export interface TaskInit {
  id: number;
  target: TaskTarget;
  input: unknown;
  options: ResolvedTaskOptions;
  /** When it was submitted, in milliseconds of `performance.now()`. */
  submitted: number;
  observer: TaskObserver;
  waiter: TaskWaiter;
}

/** What is so for nearly every task. Those for which it is not have a copy: a million of tasks may be waiting. */
interface Particulars {
  attempt: number;
  /** How many workers were lost, or blocked, with it. */
  losses: number;
  /** Whether it must have a worker to itself. */
  alone: boolean;
  /** Whether it was never taken in: then it has not failed, either. */
  refused: boolean;
  /** By which number its worker knows this attempt; the task's own if there is none. */
  wireId: number | undefined;
  /** Position of the one worker that may run it; undefined if any may. */
  position: number | undefined;
  /** For a stream: how many values the reader has room for, and where they go; false if there was no room. */
  stream:
    | { credit: number; onYield: (value: unknown) => boolean; grant?: (credit: number) => void }
    | undefined;
  /** Once this aborts, the task is not started any more. */
  drain: AbortSignal | undefined;
  /** Its key, where tasks with one key have a limit. */
  limitKey: string | number | undefined;
  /** Called when the body of this attempt is on no worker any more. */
  onOut: (() => void) | undefined;
  /** Its span, where OpenTelemetry is on. */
  trace: TaskTrace | undefined;
}

const USUAL: Particulars = {
  attempt: 1,
  losses: 0,
  alone: false,
  refused: false,
  wireId: undefined,
  position: undefined,
  stream: undefined,
  drain: undefined,
  limitKey: undefined,
  onOut: undefined,
  trace: undefined,
};

/** A task, as the caller's side sees it. */
export class Task {
  readonly id: number;
  readonly target: TaskTarget;
  options: ResolvedTaskOptions;
  readonly submitted: number;
  input: unknown;
  state: TaskState = "pending";
  owner: TaskOwner | undefined;
  /**
   * How long the body of the last attempt ran, in microseconds: as its worker measured it; where that could not tell, from
   * when it was sent to its end as it is known here. 0 if it never ran.
   */
  micros = 0;
  /** When it was last sent to a worker, in milliseconds of `performance.now()`. */
  sent = 0;
  /** Number of tasks that its worker was sent before it. */
  place = 0;
  /** The worker that it was sent to last; 0 before. */
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

  /** Where its input stands among those of a map, if it is of one. */
  get index(): number | undefined {
    return this.#waiter.index;
  }

  /** Counts its bodies that outlive it, if anybody waits for their ends. */
  get bodies(): Bodies | undefined {
    return this.#waiter.bodies;
  }

  /** Position of its input as the body sees it; undefined if it sees none. */
  get inputIndex(): number | undefined {
    return this.#waiter.inputIndex;
  }

  /** What is particular about it. */
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

  /** Makes something particular. */
  set(particulars: Partial<Particulars>): void {
    if (this.#particulars === USUAL) this.#particulars = { ...USUAL };
    Object.assign(this.#particulars, particulars);
  }

  /** Settles the task: the first call counts, later ones do nothing. Its owner has let go of it, or is told by {@link cancel}. */
  settle(ok: boolean, value: unknown): void {
    if (this.state === "settled") return;
    this.state = "settled";
    this.input = undefined;
    this.#observer.settled(this, ok, value);
    // Not called as methods of the task: `this` of these functions is not for them.
    const { resolve, reject } = this.#waiter;
    if (ok) resolve(value, this);
    else reject(value, this);
  }

  /** Changes its priority, which counts while it waits, and if it is tried again. */
  setPriority(priority: number): void {
    const change = () => void (this.options = { ...this.options, priority });
    if (this.state === "pending" && this.owner?.reorder) this.owner.reorder(this, change);
    else change();
  }

  /** It is tried again, after `error`. */
  retried(error: unknown): void {
    this.#waiter.retried?.(error, this);
  }

  /** An attempt failed: settles the task, unless it is tried again. */
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

  /** Its worker has not told how long it ran, and will not. */
  endsUntold(): void {
    if (this.micros === 0) this.micros = Math.round((performance.now() - this.sent) * 1_000);
  }

  /** Cancels the task, wherever it is. */
  cancel(reason: unknown): void {
    if (this.state === "settled") return;
    const { owner } = this;
    if (this.state === "running") this.endsUntold();
    this.settle(false, reason);
    owner?.release(this, reason);
  }

  /** Takes the task away from its owner as failed; it may be tried again. */
  giveUp(error: unknown): void {
    if (this.state === "settled") return;
    const { owner } = this;
    this.fail(error);
    owner?.release(this, error);
  }
}
