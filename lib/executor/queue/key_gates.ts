/**
 * The gates of keys: after an error's `retryAfter`, tasks with the same key (`limitPer`) wait here, outside the queue, so that
 * others pass them. When their gate lets the next one start, it goes back to the head of the queue.
 */

import { after, LONGEST } from "../basics/deadlines.ts";
import { Gate } from "./gate.ts";
import { Lane } from "./lane.ts";
import type { Task } from "../tasks/task.ts";

type Key = string | number;

/** A key whose starts are limited. */
interface GatedKey {
  readonly gate: Gate;
  readonly lane: Lane;
  /** The timer that lets the next task go. It is set only while tasks wait, because it keeps the program alive. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class KeyGates {
  readonly #letGo: (task: Task) => void;
  readonly #onOpened: () => void;
  readonly #keys = new Map<Key, GatedKey>();
  readonly #waiting = new Set<Task>();
  /** Tasks that were let go and have not started. */
  readonly #passed = new Set<Task>();

  /**
   * @param letGo takes a task that waited here and may start now
   * @param opened called when tasks of some key may start again
   */
  constructor(letGo: (task: Task) => void, opened: () => void) {
    this.#letGo = letGo;
    this.#onOpened = opened;
  }

  /** Number of tasks that wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Number of keys whose gate is closed. */
  closed(now: number): number {
    let count = 0;
    for (const { gate } of this.#keys.values()) if (gate.opens > now) count++;
    return count;
  }

  /** The keys whose gate is closed, and when each opens. */
  closedUntil(now: number): [key: Key, opens: number][] {
    return [...this.#keys].filter(([, { gate }]) => gate.opens > now).map((
      [key, { gate }],
    ) => [key, gate.opens]);
  }

  /** Starts no task of a key until this time. Returns false if none starts until then anyway. */
  close(key: Key, until: number, now: number): boolean {
    this.#forgetOpen(now);
    let gated = this.#keys.get(key);
    if (!gated) this.#keys.set(key, gated = { gate: new Gate(), lane: new Lane(() => {}), timer: undefined });
    if (!gated.gate.close(until, now, { since: now, done: 0 })) return false;
    for (const task of this.#passed) if (task.particulars.limitKey === key) this.#passed.delete(task);
    this.#watchAnew(gated);
    return true;
  }

  /** Whether a task that waits to run alone may start now. */
  readonly letsStart = (task: Task): boolean => {
    const gated = this.#keyOf(task);
    if (!gated?.gate.isInForce || gated.gate.due(performance.now()) > 0) return true;
    this.#watch(gated);
    return false;
  };

  /** Whether a task may start now. If not, it waits here. */
  enter(task: Task): boolean {
    const hasPassed = this.#passed.delete(task);
    const gated = this.#keyOf(task);
    if (hasPassed || !gated?.gate.isInForce) return true;
    const now = performance.now();
    if (gated.gate.due(now) === 0) {
      this.#wait(task, gated);
      return false;
    }
    gated.gate.started(1, now);
    return true;
  }

  /** Ends the pace of a task's key, because all its slots are in use. */
  full(task: Task): void {
    this.#keyOf(task)?.gate.full(performance.now());
  }

  forget(task: Task): boolean {
    this.#passed.delete(task);
    if (!this.#waiting.delete(task)) return false;
    const gated = this.#keyOf(task)!;
    gated.lane.forget();
    if (gated.lane.size === 0) this.#watchAnew(gated);
    return true;
  }

  /** Reorders a task after `change` has changed its priority. Returns false if it does not wait here. */
  reorder(task: Task, change: () => void): boolean {
    if (!this.#waiting.has(task)) return false;
    const { lane } = this.#keyOf(task)!;
    lane.remove(task);
    change();
    lane.push(task);
    return true;
  }

  /** The tasks that wait here. */
  tasks(): Task[] {
    return [...this.#waiting];
  }

  #keyOf({ particulars: { limitKey } }: Task): GatedKey | undefined {
    return limitKey === undefined ? undefined : this.#keys.get(limitKey);
  }

  #wait(task: Task, gated: GatedKey): void {
    gated.lane.push(task);
    this.#waiting.add(task);
    this.#watch(gated);
  }

  #watch(gated: GatedKey): void {
    gated.timer ??= after(Math.min(LONGEST, gated.gate.wait(performance.now())), () => this.#opened(gated));
  }

  #watchAnew(gated: GatedKey): void {
    clearTimeout(gated.timer);
    gated.timer = undefined;
    if (gated.lane.size > 0) this.#watch(gated);
  }

  #opened(gated: GatedKey): void {
    const { gate, lane } = gated;
    const now = performance.now();
    for (let left = Math.min(lane.size, gate.due(now)); left > 0; left--) {
      const task = lane.shift() as Task;
      this.#waiting.delete(task);
      this.#passed.add(task);
      gate.started(1, now);
      this.#letGo(task);
    }
    this.#watchAnew(gated);
    this.#onOpened();
  }

  /** Forgets the keys whose starts are no longer limited, so that memory does not grow with the number of keys. */
  #forgetOpen(now: number): void {
    for (const [key, { gate, lane }] of this.#keys) {
      if (lane.size === 0 && gate.opens <= now) this.#keys.delete(key);
    }
  }
}
