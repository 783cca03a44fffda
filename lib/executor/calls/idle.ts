/** Notices when an executor is idle: no task is pending or in flight. */

export class Idle {
  readonly #reached: () => void;
  #isBusy = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** @param reached called each time the executor becomes idle */
  constructor(reached: () => void) {
    this.#reached = reached;
  }

  /** Takes the state at the end of each round. */
  look(isBusy: boolean): void {
    const wasBusy = this.#isBusy;
    this.#isBusy = isBusy;
    if (isBusy) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
    if (wasBusy) this.#reached();
  }

  /** Resolves when the executor is next idle at the end of a round. */
  async wait(): Promise<void> {
    this.#waiting ??= Promise.withResolvers();
    await this.#waiting.promise;
  }
}
