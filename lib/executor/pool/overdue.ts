/**
 * The tasks of one worker whose timeout has passed since they were sent. Only the worker knows how long a body has run. It is
 * asked, and it answers as long as its event loop turns. If the loop does not turn, a body holds it. Where that body is known
 * (`loop_holder.ts`), only this body has run all the time.
 */

import { TaskTimeoutError } from "../../errors.ts";
import type { HeldBy } from "../../wire/pulse.ts";
import { Leftover } from "./leftover.ts";
import type { Task } from "../tasks/task.ts";

/** Interval at which a loop that does not answer is looked at, in milliseconds. */
const LOOK = 20;

/** A timer that is later than this, in milliseconds, was held up by the caller's own loop: answers may wait there. */
const LATE = 100;

/**
 * A worker that is silent for less than this, in milliseconds, may only be waiting for a core. Longer for a task that is alone
 * on its worker, because such a task fails for good.
 */
const SILENCE = 1_000;
const SILENCE_ALONE = 2_000;

/**
 * A body that holds its loop for this time, in milliseconds, and for its timeout, has run all that time. Measured: where eight
 * programs compute on two cores, a ready thread may wait half a second for a core. Shorter: bodies fail that have only waited
 * for a core. Longer: an endless loop with a short timeout is ended later. A body that returns sooner, but after its timeout,
 * fails as one whose loop was held, and runs again alone if `retry.losses` allows that. Alone, its outcome counts.
 */
const HELD = 1_000;

/**
 * How long a body may outlast its timeout while other bodies hold up its loop again and again, in milliseconds. A guess.
 * Shorter: more bodies are tried again alone. Longer: a body that waits for something that never comes ends later.
 */
const PATIENCE = 5_000;

/**
 * A body that has run for its timeout fails only if it still runs after this further time of its own, in milliseconds. Where cores
 * are scarce, its first call alone may outlast the timeout (measured: 450 ms on a cold thread, where eight programs compute on two
 * cores), and its timers and messages wait behind that call. A guess: at least one turn of the loop, and less than the 10 ms after
 * which the worker measures again.
 */
const FURTHER = 5;

/** When a worker that has said that a body has run for its timeout is asked again, in milliseconds. Timeouts are late by this time. */
const AGAIN = 10;

interface OverdueInit {
  /** Asks the worker how long a body has run. */
  ask(wireId: number): void;
  /** When the worker was last heard of, in milliseconds of `performance.now()`. */
  heard(): number;
  /** The body that holds the worker's loop; undefined if none does, or it is not known. */
  heldBy(): HeldBy | undefined;
  /** Whether the body has been called; undefined if it is not known. */
  hasBegun(task: Task): boolean | undefined;
  find(wireId: number): Task | Leftover | undefined;
}

/** The state of an overdue task. */
interface Entry {
  wireId: number;
  /** When the worker was asked; undefined if it has answered. */
  asked: number | undefined;
  /** When the worker is to be asked next. */
  due: number;
  /** Whether the body was seen to hold the loop for as long as its timeout. */
  held: boolean;
  /** How long the body had run by itself in the first answer that was not below its timeout, in milliseconds; before it, Infinity. */
  over: number;
}

export class Overdue {
  readonly #init: OverdueInit;
  readonly #entries = new Map<Task, Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakesAt = 0;

  constructor(init: OverdueInit) {
    this.#init = init;
  }

  /** Takes a task whose timeout has passed since it was sent. */
  add(task: Task): void {
    const entry = { wireId: task.wireId, asked: undefined, due: 0, held: false, over: Infinity };
    this.#entries.set(task, entry);
    this.#ask(entry);
    this.#arm();
  }

  /**
   * Takes the worker's answer.
   *
   * @param own how long the body has run without the time of other bodies, in milliseconds
   * @param wall how long it has run by the clock, in milliseconds; undefined if it has not begun
   */
  told(wireId: number, own: number, wall: number | undefined): void {
    const task = this.#init.find(wireId);
    if (!task || task instanceof Leftover) return;
    const entry = this.#entries.get(task);
    if (!entry) return;
    const { timeout } = task.options;
    const left = timeout - own;
    if (wall !== undefined) {
      const isLongOver = wall >= timeout + PATIENCE;
      if (left > 1) {
        if (isLongOver) return this.#timedOut(task, wall, true);
      } else if (own - entry.over >= (isLongOver ? 0 : FURTHER)) return this.#timedOut(task, wall, false);
      else entry.over = Math.min(entry.over, own);
    }
    entry.asked = undefined;
    entry.due = performance.now() + (left > 1 ? left : AGAIN);
    this.#arm();
  }

  /** Takes a task whose body has ended. Returns the error with which it fails all the same, if it held the loop for too long. */
  outran(task: Task): TaskTimeoutError | undefined {
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(task);
    this.#entries.delete(task);
    return entry?.held ? timeoutOf(task, true) : undefined;
  }

  /** Forgets everything, because the worker is gone. */
  end(): void {
    this.#entries.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #ask(entry: Entry): void {
    entry.asked = performance.now();
    this.#init.ask(entry.wireId);
  }

  #timedOut(task: Task, ms: number, blocked: boolean): void {
    this.#entries.delete(task);
    task.micros = Math.round(ms * 1_000);
    task.giveUp(timeoutOf(task, blocked));
  }

  /** Sets the timer for the next question or look. */
  #arm(): void {
    let wakesAt = Infinity;
    const now = performance.now();
    for (const { asked, due } of this.#entries.values()) {
      wakesAt = Math.min(wakesAt, asked === undefined ? due : now + LOOK);
    }
    if (this.#timer !== undefined && this.#wakesAt <= wakesAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (wakesAt === Infinity) return;
    this.#wakesAt = wakesAt;
    this.#timer = setTimeout(this.#look, Math.max(1, wakesAt - now));
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const isLate = now - this.#wakesAt > LATE;
    const held = this.#init.heldBy();
    const holder = held && this.#init.find(held.id);
    for (const [task, entry] of this.#entries) {
      if (this.#init.find(entry.wireId) !== task) this.#entries.delete(task);
      else if (entry.asked !== undefined) {
        if (!isLate) this.#judge(task, entry, { now, held, holder });
      } else if (entry.due <= now) this.#ask(entry);
    }
    this.#arm();
  };

  /** Decides about a task whose question the worker has not answered yet. */
  #judge(task: Task, entry: Entry, { now, held, holder }: {
    now: number;
    held: HeldBy | undefined;
    holder: Task | Leftover | undefined;
  }): void {
    const { timeout } = task.options;
    if (holder === task) {
      entry.held = !task.alone && held!.ms >= timeout;
      if (held!.ms >= Math.max(timeout, HELD)) this.#timedOut(task, held!.ms, false);
      return;
    }
    // If the body that holds the loop has a limit of its own, that limit ends it. This task has not run meanwhile.
    const ends = holder instanceof Leftover ? holder.gracePeriod : holder?.options.timeout ?? Infinity;
    if (ends !== Infinity) return;
    const silence = now - Math.max(entry.asked!, this.#init.heard());
    const limit = this.#init.hasBegun(task) === false ? PATIENCE : task.alone ? SILENCE_ALONE : SILENCE;
    if (silence >= Math.max(timeout, limit)) this.#timedOut(task, now - task.sent, true);
  }
}

function timeoutOf({ target: { spec }, options: { timeout } }: Task, blocked: boolean): TaskTimeoutError {
  return new TaskTimeoutError(spec.name, timeout, "run", blocked);
}
