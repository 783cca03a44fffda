/**
 * The bodies of one map or stream that still run after their tasks have settled. The task was cancelled, timed out, or was on a
 * worker that is being stopped. `return()` of the map or stream waits until none of them runs.
 */

export class Bodies {
  #count = 0;
  #none: PromiseWithResolvers<void> | undefined;

  /** Counts a body that goes on without its task. */
  left(): void {
    this.#count++;
  }

  /** Counts the end of such a body, or of its worker. */
  ended(): void {
    if (--this.#count > 0) return;
    this.#none?.resolve();
    this.#none = undefined;
  }

  /** Resolves once no such body runs. */
  async gone(): Promise<void> {
    if (this.#count === 0) return;
    this.#none ??= Promise.withResolvers();
    await this.#none.promise;
  }
}
