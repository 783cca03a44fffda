/**
 * Time for microtasks.
 *
 * @module
 */

/** More than promises are passed on by in any function of ours: `batches()` takes the most, about ten. */
const ENOUGH = 32;

/**
 * Resolves once callers that wait for a promise that has just settled, through our async functions, have heard of it. Not
 * by a turn of the event loop: a rejection whose promise is read right after `await terminate()` would be found unhandled
 * before.
 */
export async function letMicrotasksRun(): Promise<void> {
  for (let passed = 0; passed < ENOUGH; passed++) await undefined;
}
