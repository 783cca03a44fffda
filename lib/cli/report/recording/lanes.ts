/**
 * Arranges the tasks of a worker in lanes, one lane for each task in flight. For each task, only its duration is known,
 * and when its result arrived together with others. So its start is an estimate. No two tasks in a lane overlap, and
 * there are at most as many lanes as slots.
 */

/** A task. `start` and `lane` are set by {@link Lanes}. */
export interface Laid {
  ms: number;
  start: number;
  lane: number;
}

/** Accuracy of times, in milliseconds. Tasks that overlap by less are put one after the other. A guess: the time of a post. */
const ACCURACY = 2;

export class Lanes {
  readonly #max: () => number;
  readonly #ends: number[] = [];
  /** When the results before these arrived. */
  #before = 0;

  /** @param max returns the number of tasks that the worker runs at a time, as far as it is known */
  constructor(max: () => number) {
    this.#max = max;
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Places tasks whose results arrived together at the time `at`. They are in the order in which they ended. */
  place(group: Laid[], at: number): void {
    this.#stack(group, at);
    // Tasks that ran earlier ended before tasks that ended just now.
    group.sort((one, other) => one.start + one.ms - other.start - other.ms);
    for (const task of group) this.#put(task);
    this.#before = at;
  }

  /**
   * Estimates when each task began. Short tasks ran one after another since the previous results arrived. A task that
   * took longer than that ended just now.
   */
  #stack(group: Laid[], at: number): void {
    let free = at;
    for (let index = group.length - 1; index >= 0; index--) {
      const task = group[index];
      if (task.ms > at - this.#before) {
        task.start = at - task.ms;
        continue;
      }
      if (free - task.ms < this.#before) free = at;
      task.start = free -= task.ms;
    }
  }

  #put(task: Laid): void {
    const ends = this.#ends;
    let best = -1;
    for (let lane = 0; lane < ends.length; lane++) {
      // The lane that became free last, so that the other lanes are free for tasks that began earlier.
      if (ends[lane] <= task.start + 1e-6 && (best === -1 || ends[lane] > ends[best])) best = lane;
    }
    if (best === -1) best = this.#firstFree(task);
    task.lane = best;
    task.start = Math.max(task.start, ends[best] ?? 0);
    ends[best] = task.start + task.ms;
  }

  /** No lane is free: returns a new one, or the one that is free first. */
  #firstFree(task: Laid): number {
    const ends = this.#ends;
    let soonest = 0;
    for (let lane = 1; lane < ends.length; lane++) if (ends[lane] < ends[soonest]) soonest = lane;
    const isFull = ends.length >= this.#max();
    if (ends.length > 0 && (isFull || ends[soonest] - task.start < ACCURACY)) return soonest;
    return ends.length;
  }
}
