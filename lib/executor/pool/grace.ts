/**
 * A worker on which cancelled bodies go on: they have their grace period, then the worker
 * is condemned and their neighbours have as long to finish, then it goes.
 *
 * @module
 */

import { after, Deadlines } from "../deadlines.ts";
import type { Leftover } from "./leftover.ts";

/** What a worker's handle does about it. */
export interface GraceInit {
  /** How many tasks are on the worker, cancelled ones included. */
  inFlight(): number;
  /** A body has outstayed its grace: the worker should be sent nothing new. */
  condemned(): void;
  /** The worker must go. */
  kill(): void;
}

/** Follows the cancelled bodies of one worker. */
export class Grace {
  readonly #init: GraceInit;
  readonly #bodies = new Deadlines<Leftover>((body) => this.#condemn(body.gracePeriod));
  /** Bodies that go on without their tasks. */
  #cancelled = 0;
  /** Aborts that the worker has not acknowledged. */
  #unacknowledged = 0;
  #condemned = false;
  #neighboursTime: ReturnType<typeof setTimeout> | undefined;

  constructor(init: GraceInit) {
    this.#init = init;
  }

  /** Whether the worker has yet to show that its event loop is alive. */
  get isPending(): boolean {
    return this.#unacknowledged > 0;
  }

  /** A task was cancelled on the worker. */
  cancelled(body: Leftover): void {
    this.#cancelled++;
    this.#unacknowledged++;
    this.#bodies.add(body, body.gracePeriod);
  }

  /** The worker has received an abort. */
  acknowledged(): void {
    this.#unacknowledged--;
  }

  /** The body of a cancelled task has ended. */
  released(body: Leftover): void {
    this.#cancelled--;
    this.#bodies.delete(body, body.gracePeriod);
  }

  /** Some task has left the worker: if only condemned bodies are left, nobody is spared by waiting. */
  check(): void {
    if (this.#condemned && this.#init.inFlight() === this.#cancelled) this.#kill();
  }

  /** The worker is empty, or gone. */
  end(): void {
    clearTimeout(this.#neighboursTime);
    this.#bodies.clear();
  }

  #condemn(grace: number): void {
    if (!this.#condemned) {
      this.#condemned = true;
      this.#init.condemned();
    }
    // A loop that did not even take the abort in does not turn: its other tasks cannot finish.
    if (this.isPending) return this.#kill();
    // The time may be over already, and spared the worker because the body had stopped: this one has not.
    this.#neighboursTime ??= after(grace, () => {
      this.#neighboursTime = undefined;
      this.#kill();
    });
    this.check();
  }

  /** If the bodies have stopped after all, the worker drains in peace. */
  #kill(): void {
    if (this.#cancelled > 0) this.#init.kill();
  }
}
