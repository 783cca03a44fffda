/**
 * The tasks that were sent to one worker and have not begun. With a rate, the worker announces when each begins.
 *
 * @module
 */

/**
 * How long a start may be awaited, in milliseconds: a worker whose loop is held for longer holds up the other workers no
 * more. A guess; a start that comes after it may be close to another.
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

  /** The worker is no more. */
  end(): void {
    this.#awaited.clear();
  }
}
