/**
 * Whether an executor has anything to do, and who waits for it to have nothing.
 *
 * @module
 */

/** Whether one executor is idle. */
export class Idle {
  readonly #reached: () => void;
  #isBusy = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** `reached` is called each time when there is nothing left to do. */
  constructor(reached: () => void) {
    this.#reached = reached;
  }

  /** Is told at the end of each round whether anything is pending or in flight. */
  look(isBusy: boolean): void {
    const wasBusy = this.#isBusy;
    this.#isBusy = isBusy;
    if (isBusy) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
    if (wasBusy) this.#reached();
  }

  /** Resolves once there is nothing left to do. */
  async wait(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    await this.#waiting.promise;
  }
}
