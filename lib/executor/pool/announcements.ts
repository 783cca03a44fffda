/**
 * The tasks that were sent to one worker and have not begun. With a rate, the worker announces when each begins.
 *
 * @module
 */

/**
 * How long all other starts wait for one that is on its way, in milliseconds. A guess: the worker's loop is held. From then on
 * that start counts as one that may come at any time, and the others go on in what the rate leaves.
 */
const PATIENCE = 5_000;

/** Follows them. */
export class Announcements {
  /** By number, since when. */
  readonly #awaited = new Map<number, number>();
  #any = false;

  /** These were sent. */
  sent(firstId: number, count: number, now: number): void {
    for (let at = 0; at < count; at++) this.#awaited.set(firstId + at, now);
  }

  /** A body has begun; false if its task was not here. */
  begun(id: number): { isFirst: boolean } | undefined {
    if (!this.#awaited.delete(id)) return undefined;
    const isFirst = !this.#any;
    this.#any = true;
    return { isFirst };
  }

  /** A task has left the worker, begun or not. */
  left(id: number): void {
    this.#awaited.delete(id);
  }

  /** Until when to wait for a start; none is awaited if that is over. */
  get until(): number {
    let until = -Infinity;
    for (const since of this.#awaited.values()) until = Math.max(until, since + PATIENCE);
    return until;
  }

  /** How many starts may come at any time. */
  overdue(now: number): number {
    let count = 0;
    for (const since of this.#awaited.values()) if (since + PATIENCE <= now) count++;
    return count;
  }

  /** The worker is no more. */
  end(): void {
    this.#awaited.clear();
  }
}
