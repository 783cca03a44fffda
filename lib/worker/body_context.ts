/**
 * Every body begins in a fresh context of `AsyncLocalStorage`. Bodies of one batch are called one after another, so without
 * this a body would see the store that its neighbour entered by `enterWith`.
 *
 * @module
 */

import { type AsyncHooks, asyncHooks, denoCore, outsideContexts } from "../wire/async_context.ts";

/** Calls a function with one argument, in a fresh context. */
export type InFreshContext = <T>(call: (argument: T) => void, argument: T) => void;

/** `sharesThread` says whether code that is no task's runs in this thread, too. */
export function freshContexts(sharesThread: boolean): InFreshContext {
  if (denoCore) {
    const { setAsyncContext } = denoCore;
    // Nothing is restored: the runtime does that before it calls anyone else.
    return (call, argument) => {
      setAsyncContext(undefined);
      call(argument);
    };
  }
  if (!asyncHooks) return (call, argument) => call(argument);
  if (sharesThread) return callOutside;
  const usage = watch(asyncHooks);
  return (call, argument) => usage.hasEntered ? callOutside(call, argument) : call(argument);
}

const callOutside: InFreshContext = (call, argument) => outsideContexts(() => call(argument));

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
