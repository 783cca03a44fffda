/**
 * The grace periods of one worker. If a cancelled body does not end within its `gracePeriod`, its worker is given up. The worker
 * gets no new tasks. Its other tasks have another `gracePeriod`, and then the worker is stopped.
 */

import { after, Deadlines } from "../basics/deadlines.ts";
import type { Leftover } from "./leftover.ts";

interface GraceInit {
  /** Number of tasks on the worker, including cancelled ones whose bodies still run. */
  inFlight(): number;
  /** Called when a grace period is over: the worker gets no new tasks. */
  condemned(): void;
  kill(): void;
}

export class Grace {
  readonly #init: GraceInit;
  readonly #bodies = new Deadlines<Leftover>((body) => this.#condemn(body.gracePeriod));
  /** Number of bodies that go on without their tasks. */
  #cancelled = 0;
  /** Number of aborts that the worker has not acknowledged. */
  #unacknowledged = 0;
  #condemned = false;
  #othersTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(init: GraceInit) {
    this.#init = init;
  }

  /** Whether the worker has not acknowledged an abort yet: its event loop may be blocked. */
  get isPending(): boolean {
    return this.#unacknowledged > 0;
  }

  /** Begins the grace period of a cancelled task's body. */
  cancelled(body: Leftover): void {
    this.#cancelled++;
    this.#unacknowledged++;
    this.#bodies.add(body, body.gracePeriod);
  }

  acknowledged(): void {
    this.#unacknowledged--;
  }

  /** Ends the grace period of a body that has ended. */
  released(body: Leftover): void {
    this.#cancelled--;
    this.#bodies.delete(body, body.gracePeriod);
  }

  /** Stops a condemned worker as soon as no other tasks are left on it. Called when tasks have left the worker. */
  check(): void {
    if (this.#condemned && this.#init.inFlight() === this.#cancelled) this.#kill();
  }

  /** Ends all periods, because the worker is empty or gone. */
  end(): void {
    clearTimeout(this.#othersTimer);
    this.#bodies.clear();
  }

  #condemn(grace: number): void {
    if (!this.#condemned) {
      this.#condemned = true;
      this.#init.condemned();
    }
    // A loop that has not taken the abort does not turn: its other tasks cannot finish.
    if (this.isPending) return this.#kill();
    // An earlier period may have ended without a stop, because its body had ended in time. This body has not.
    this.#othersTimer ??= after(grace, () => {
      this.#othersTimer = undefined;
      this.#kill();
    });
    this.check();
  }

  /** Stops the worker, unless all cancelled bodies have ended meanwhile. */
  #kill(): void {
    if (this.#cancelled > 0) this.#init.kill();
  }
}
