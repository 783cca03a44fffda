/** The tasks that one worker was sent and has not begun. With a rate, the worker announces each start. */

import type { Start, Weights } from "../tasks/weights.ts";

/**
 * How long all other starts wait for an announced one, in milliseconds. A guess: after this time, the worker's loop is blocked.
 * From then on, that start counts as overdue: it can come at any time, and the other starts share the rest of the rate.
 */
const PATIENCE = 5_000;

interface Awaited {
  /** When the task was sent. */
  since: number;
  weights: Weights;
}

export class Announcements {
  readonly #awaited = new Map<number, Awaited>();
  /** The starts with weights whose bodies run, by the task's number. */
  readonly #running = new Map<number, Start>();
  #anyBegun = false;

  /** Takes tasks with consecutive numbers that were sent, and what each counts for. */
  sent(firstId: number, count: number, now: number, weights?: Weights): void {
    const awaited = { since: now, weights };
    for (let at = 0; at < count; at++) this.#awaited.set(firstId + at, awaited);
  }

  /** Takes the announcement of a start. Returns undefined if that task is not awaited. */
  begun(id: number): Start | undefined {
    const awaited = this.#awaited.get(id);
    if (!awaited) return undefined;
    this.#awaited.delete(id);
    const start: Start = { weights: awaited.weights, isFirst: !this.#anyBegun, at: 0 };
    this.#anyBegun = true;
    if (start.weights) this.#running.set(id, start);
    return start;
  }

  /** The start of a body that runs, if it has weights. */
  running(id: number): Start | undefined {
    return this.#running.get(id);
  }

  /** Forgets a task that has left the worker, whether it began or not. */
  left(id: number): void {
    this.#awaited.delete(id);
    this.#running.delete(id);
  }

  /** Until when a start is awaited. A time that has passed means that none is. */
  get until(): number {
    let until = -Infinity;
    for (const { since } of this.#awaited.values()) until = Math.max(until, since + PATIENCE);
    return until;
  }

  overdue(now: number): Weights[] {
    const overdue: Weights[] = [];
    for (const { since, weights } of this.#awaited.values()) {
      if (since + PATIENCE <= now) overdue.push(weights);
    }
    return overdue;
  }

  /** Forgets everything, because the worker is gone. */
  end(): void {
    this.#awaited.clear();
    this.#running.clear();
  }
}
