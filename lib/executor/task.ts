/**
 * One task on the caller's side, from its submission until it settles. At any moment exactly one part
 * owns it: the queue, or one worker's handle. Whoever owns it is whom a cancellation goes to.
 *
 * @module
 */

import type { ResolvedTaskOptions } from "./options.ts";
import type { TaskTarget } from "./target_table.ts";
import type { TaskState } from "./types.ts";

/** Who holds a task. */
export interface TaskOwner {
  /** The task was taken away, because of `reason`: sees to what it leaves behind. */
  release(task: Task, reason: unknown): void;
}

/** Is told of a task's end, before the one who waits for it. */
export interface TaskObserver {
  settled(task: Task, ok: boolean): void;
  /** It failed. Returns whether it was taken over, to be tried again. */
  retries(task: Task, error: unknown): boolean;
}

/** Receives the outcome: `value` is the result, or the error if `ok` is false. */
export type OnSettle = (ok: boolean, value: unknown, task: Task) => void;

/** What it takes to make a task. */
export interface TaskInit {
  id: number;
  target: TaskTarget;
  input: unknown;
  options: ResolvedTaskOptions;
  /** When it was submitted, in milliseconds of `performance.now()`. */
  submitted: number;
  observer: TaskObserver;
  onSettle: OnSettle;
}

/** A task, as the caller's side sees it. */
export class Task {
  readonly id: number;
  readonly target: TaskTarget;
  readonly options: ResolvedTaskOptions;
  readonly submitted: number;
  input: unknown;
  state: TaskState = "pending";
  owner: TaskOwner | undefined;
  attempt = 1;
  /** How many workers were lost with it. */
  losses = 0;
  /** Whether it must have a worker to itself. */
  alone = false;
  /** By which number its worker knows this attempt. */
  wireId: number;
  /** How long the body ran, in microseconds, as its worker measured it. */
  micros = 0;
  /** The one worker slot that may run it, if it must be a certain one. */
  slot: number | undefined;
  /** For a stream: how many values the reader has room for, and where they go. */
  stream: { credit: number; onYield: (value: unknown) => void; grant?: (credit: number) => void } | undefined;
  /** Once this aborts, the task is not started any more. */
  drain: AbortSignal | undefined;
  /** Called when a body that went on after its task had settled has ended. */
  onReleased: (() => void) | undefined;
  readonly #observer: TaskObserver;
  readonly #onSettle: OnSettle;

  constructor(init: TaskInit) {
    this.id = this.wireId = init.id;
    this.target = init.target;
    this.input = init.input;
    this.options = init.options;
    this.submitted = init.submitted;
    this.#observer = init.observer;
    this.#onSettle = init.onSettle;
  }

  /** Settles the task: the first call counts, later ones do nothing. Its owner has let go of it, or is told by {@link cancel}. */
  settle(ok: boolean, value: unknown): void {
    if (this.state === "settled") return;
    this.state = "settled";
    this.input = undefined;
    this.#observer.settled(this, ok);
    this.#onSettle(ok, value, this);
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

  /** Cancels the task, wherever it is. */
  cancel(reason: unknown): void {
    if (this.state === "settled") return;
    const { owner } = this;
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
