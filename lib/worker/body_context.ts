/**
 * Every body begins in a fresh context of `AsyncLocalStorage`. Bodies of one batch are called one after another, so without
 * this a body would see the store that its neighbour entered by `enterWith`.
 *
 * @module
 */

import { type AsyncHooks, asyncHooks, denoCore, outsideContexts } from "../wire/async_context.ts";

/** The contexts of one loop. */
export interface BodyContexts {
  /** Whether nothing is entered here: then a body need not be called in another context. Asked for each body. */
  isFresh(): boolean;
  /** Calls back in a fresh context. */
  inFresh(call: () => void): void;
}

/** `sharesThread` says whether code that is no task's runs in this thread, too. */
export function bodyContexts(sharesThread: boolean): BodyContexts {
  if (denoCore) {
    const { getAsyncContext } = denoCore;
    return { isFresh: () => getAsyncContext() === undefined, inFresh: outsideContexts };
  }
  if (!asyncHooks) return { isFresh: () => true, inFresh: (call) => call() };
  if (sharesThread) return { isFresh: () => false, inFresh: outsideContexts };
  const usage = watch(asyncHooks);
  return { isFresh: () => !usage.hasEntered, inFresh: outsideContexts };
}

/**
 * Whether anyone has called `enterWith`, by which alone a context outlasts the call that entered it. To have a context for
 * each body would take as long as a tenth of a short task, and nearly no task needs it.
 */
function watch({ AsyncLocalStorage: { prototype } }: AsyncHooks): { hasEntered: boolean } {
  const usage = { hasEntered: false };
  const original = prototype.enterWith;
  prototype.enterWith = function enterWith(store) {
    usage.hasEntered = true;
    if (prototype.enterWith === enterWith) prototype.enterWith = original;
    original.call(this, store);
  };
  return usage;
}
