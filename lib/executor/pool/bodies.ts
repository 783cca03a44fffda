/**
 * The bodies of one map, or of one stream, that go on after their tasks were taken away: cancelled, timed out, or on a
 * worker that is being stopped. `return()` waits here until none of them runs.
 *
 * @module
 */

/** Counts the bodies of one map or stream that outlive their tasks. */
export class Bodies {
  #count = 0;
  #none: PromiseWithResolvers<void> | undefined;

  /** One goes on without its task. */
  left(): void {
    this.#count++;
  }

  /** One of them has ended, or its worker is gone. */
  ended(): void {
    if (--this.#count > 0) return;
    this.#none?.resolve();
    this.#none = undefined;
  }

  /** Resolves once none of them runs. */
  async gone(): Promise<void> {
    if (this.#count === 0) return;
    this.#none ??= Promise.withResolvers();
    await this.#none.promise;
  }
}
