/**
 * Every body begins in a fresh context of `AsyncLocalStorage`. Bodies are called one after another, so without this a body
 * would see the store that the body before it entered by `enterWith`.
 *
 * @module
 */

import { type AsyncHooks, asyncHooks, denoCore, outsideContexts } from "../wire/async_context.ts";

/** The contexts of one loop. */
export interface BodyContexts {
  /** Whether the present context is fresh, so that a body can be called in it. Asked for each body. */
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
 * Notes whether anyone has called `enterWith`: by that alone a context outlasts the call that entered it. Measured: to call
 * each body in a context of its own costs `map()` of numbers 36 % more CPU on Node 24, and 8 % on Deno 2.9.
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
