/**
 * Tells an error that a task threw from one that its executor has made. A task may run an executor of its own, whose
 * `WorkerLostError` it passes on, or may make such an error itself: that no worker was lost here is known by this.
 *
 * @module
 */

const thrown = new WeakSet<object>();

/** A task threw this. */
export function markThrown(error: unknown): unknown {
  if (typeof error === "object" && error !== null) thrown.add(error);
  return error;
}

/** Whether a task threw it. */
export function isThrown(error: object): boolean {
  return thrown.has(error);
}
