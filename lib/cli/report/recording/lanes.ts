/**
 * Which lane of a worker a task ran in, and when. A worker runs several tasks at a time, but of one we know only how
 * long it took and when its result arrived here, together with those of others. So this lays them out: no two in a lane
 * at the same time, and no more lanes than the worker has slots.
 *
 * @module
 */

/** A task whose time is to be found; `start` and `lane` are filled in. */
export interface Laid {
  ms: number;
  start: number;
  lane: number;
}

/** Times are so exact, in milliseconds: what overlaps by less is put one after the other. */
const BLUR = 2;

/** The lanes of one worker. */
export class Lanes {
  readonly #most: number;
  /** When the last task in each lane ended. */
  readonly #ends: number[] = [];
  /** When results arrived before. */
  #before = 0;

  /** `most` is how many tasks the worker runs at a time. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many lanes there are by now. */
  get count(): number {
    return this.#ends.length;
  }

  /** Takes those whose results arrived together, in the order in which they ended. */
  place(group: Laid[], at: number): void {
    this.#stack(group, at);
    // Those that were stacked ended earlier than their neighbours that were not.
    group.sort((one, other) => one.start + one.ms - other.start - other.ms);
    for (const task of group) this.#put(task);
    this.#before = at;
  }

  /**
   * Finds when each began. Short ones that arrive together ran one after the other since the last time; what took
   * longer than that ended just now.
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
      // The one that has been free for the shortest time leaves the others to tasks that began earlier.
      if (ends[lane] <= task.start + 1e-6 && (best === -1 || ends[lane] > ends[best])) best = lane;
    }
    if (best === -1) best = this.#fullest(task);
    task.lane = best;
    task.start = Math.max(task.start, ends[best] ?? 0);
    ends[best] = task.start + task.ms;
  }

  /** None is free: takes a new lane, or the one that is free the soonest. */
  #fullest(task: Laid): number {
    const ends = this.#ends;
    let soonest = 0;
    for (let lane = 1; lane < ends.length; lane++) if (ends[lane] < ends[soonest]) soonest = lane;
    const isFull = ends.length >= this.#most;
    if (ends.length > 0 && (isFull || ends[soonest] - task.start < BLUR)) return soonest;
    return ends.length;
  }
}
