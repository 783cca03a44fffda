/**
 * The tasks that one worker was sent and has not begun. With a rate, the worker announces each start.
 *
 * @module
 */

/**
 * How long all other starts wait for an announced one, in milliseconds. A guess: after this time, the worker's loop is blocked.
 * From then on, that start counts as overdue: it can come at any time, and the other starts share the rest of the rate.
 */
const PATIENCE = 5_000;

/** The awaited starts of one worker. */
export class Announcements {
  /** When each task was sent, by its number. */
  readonly #awaited = new Map<number, number>();
  #anyBegun = false;

  /** Takes tasks with consecutive numbers that were sent. */
  sent(firstId: number, count: number, now: number): void {
    for (let at = 0; at < count; at++) this.#awaited.set(firstId + at, now);
  }

  /** Takes the announcement of a start. Returns undefined if that task is not awaited. */
  begun(id: number): { isFirst: boolean } | undefined {
    if (!this.#awaited.delete(id)) return undefined;
    const isFirst = !this.#anyBegun;
    this.#anyBegun = true;
    return { isFirst };
  }

  /** Forgets a task that has left the worker, whether it began or not. */
  left(id: number): void {
    this.#awaited.delete(id);
  }

  /** Until when a start is awaited. A time that has passed means that none is. */
  get until(): number {
    let until = -Infinity;
    for (const since of this.#awaited.values()) until = Math.max(until, since + PATIENCE);
    return until;
  }

  /** Number of overdue starts. */
  overdue(now: number): number {
    let count = 0;
    for (const since of this.#awaited.values()) if (since + PATIENCE <= now) count++;
    return count;
  }

  /** Forgets everything, because the worker is gone. */
  end(): void {
    this.#awaited.clear();
  }
}
