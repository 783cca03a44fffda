/**
 * The tasks of one worker whose timeout has passed since they were sent. Only the worker knows how long a body has run. It
 * is asked, and answers as long as its event loop turns. If the loop does not turn, a body holds it;
 * where that body is known (`wire/pulse.ts`), it alone has run all that time, and the others have not.
 *
 * @module
 */

import { TaskTimeoutError } from "../../errors.ts";
import type { HeldBy } from "../../wire/pulse.ts";
import { Leftover } from "./leftover.ts";
import type { Task } from "../calls/task.ts";

/** How often a loop that does not answer is looked at, in milliseconds. */
const LOOK = 20;

/** A timer that fires so late, in milliseconds, was held up by the caller's own loop: answers may wait there. */
const LATE = 100;

/**
 * A loop that is silent for less than this, in milliseconds, may belong to a machine that is busy elsewhere. A task that
 * is alone on it fails for good, and waits longer.
 */
const SILENCE = 1_000;
const SILENCE_ALONE = 2_000;

/**
 * A body that holds its loop for this time, in milliseconds, and as long as its timeout, has run all that time. Measured: where
 * eight programs compute on two cores, a thread that is ready may wait half a second for a core. A body that returns sooner,
 * but after its timeout, fails as one whose loop was held, and runs again alone if `retry.losses` allows that. Shorter: bodies fail that have only waited for a core. Longer: an endless loop with
 * a short timeout is ended later.
 */
const HELD = 1_000;

/**
 * By how much a body may outlast its time-out on a loop that others hold up again and again, in milliseconds. A guess:
 * a body that waits for something that never comes ends so much later; one that needs more is tried again alone.
 */
const PATIENCE = 5_000;

/** What a worker's handle does about it. */
export interface OverdueInit {
  /** Asks the worker how long a body has run. */
  ask(wireId: number): void;
  /** When the worker was last heard of, in milliseconds of `performance.now()`. */
  heard(): number;
  /** Whose body holds the worker's loop, as far as that is known. */
  heldBy(): HeldBy | undefined;
  /** Whether the body has been called, as far as that is known. */
  hasBegun(task: Task): boolean | undefined;
  /** What is on the worker by this number. */
  find(wireId: number): Task | Leftover | undefined;
}

/** What is known of an overdue task. */
interface Entry {
  wireId: number;
  /** When the worker was asked; undefined while it need not be. */
  asked: number | undefined;
  /** When it is to be asked next. */
  due: number;
  /** Whether it was seen to hold the loop for as long as its time-out. */
  held: boolean;
  /** Whether the worker has said that it has run for as long as its time-out. It fails if the worker says so once more. */
  isOver: boolean;
}

/** Follows the overdue tasks of one worker. */
export class Overdue {
  readonly #init: OverdueInit;
  readonly #entries = new Map<Task, Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakesAt = 0;

  constructor(init: OverdueInit) {
    this.#init = init;
  }

  /** So much time has passed since the task was sent. */
  add(task: Task): void {
    const entry = { wireId: task.wireId, asked: undefined, due: 0, held: false, isOver: false };
    this.#entries.set(task, entry);
    this.#ask(entry);
    this.#arm();
  }

  /** The worker has told how long a body has run by itself and by the clock, in milliseconds; not at all if it waits. */
  told(wireId: number, own: number, wall: number | undefined): void {
    const task = this.#init.find(wireId);
    if (!task || task instanceof Leftover) return;
    const entry = this.#entries.get(task);
    if (!entry) return;
    const { timeout } = task.options;
    const left = timeout - own;
    if (wall !== undefined && left <= 1) {
      // A timer of the body's may be due: where cores are scarce, the first call alone may take longer than the time-out.
      if (entry.isOver) return this.#timedOut(task, wall, false);
      entry.isOver = true;
    } else if (wall !== undefined && wall >= timeout + PATIENCE) return this.#timedOut(task, wall, true);
    entry.asked = undefined;
    entry.due = performance.now() + Math.max(left, 1);
    this.#arm();
  }

  /** The body has ended: why it has failed all the same, if it ran for too long. */
  outran(task: Task): TaskTimeoutError | undefined {
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(task);
    this.#entries.delete(task);
    return entry?.held ? timeoutOf(task, true) : undefined;
  }

  /** The worker is no more. */
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

  /** Wakes up when the next task needs something. */
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

  /** The worker has not answered yet. */
  #judge(task: Task, entry: Entry, { now, held, holder }: {
    now: number;
    held: HeldBy | undefined;
    holder: Task | Leftover | undefined;
  }): void {
    const { timeout } = task.options;
    if (holder === task) {
      entry.held = held!.ms >= timeout;
      if (held!.ms >= Math.max(timeout, HELD)) this.#timedOut(task, held!.ms, false);
      return;
    }
    // The task that holds the loop has a limit of its own. This one has not run meanwhile.
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
