/**
 * Distinguishes errors that a task threw from errors that its executor made. A task may throw a `WorkerLostError`, for example of an
 * executor of its own, although no worker was lost here.
 */

const thrown = new WeakSet<object>();

/** Marks an error as thrown by a task, and returns it. */
export function markThrown(error: unknown): unknown {
  if (typeof error === "object" && error !== null) thrown.add(error);
  return error;
}

export function isThrown(error: object): boolean {
  return thrown.has(error);
}
