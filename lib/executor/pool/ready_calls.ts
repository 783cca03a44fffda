/** The calls that wait until the worker of a position is ready. */

import type { WorkerHandle } from "./worker_handle.ts";

/** The waiting calls of one pool. All calls for a position share one promise. */
export class ReadyCalls {
  readonly #byPosition = new Map<number, PromiseWithResolvers<WorkerHandle>>();

  /** Resolves with the worker of a position once it is ready. Rejects if it cannot be started. */
  wait(position: number): Promise<WorkerHandle> {
    const call = this.#byPosition.get(position) ?? Promise.withResolvers<WorkerHandle>();
    this.#byPosition.set(position, call);
    return call.promise;
  }

  resolve(handle: WorkerHandle): void {
    this.#byPosition.get(handle.position)?.resolve(handle);
    this.#byPosition.delete(handle.position);
  }

  /** The worker of a position cannot be started. */
  reject(position: number, error: unknown): void {
    this.#byPosition.get(position)?.reject(error);
    this.#byPosition.delete(position);
  }

  /** No worker is started any more. Each call gets an error of its own. */
  rejectAll(error: () => unknown): void {
    for (const position of [...this.#byPosition.keys()]) this.reject(position, error());
  }
}
