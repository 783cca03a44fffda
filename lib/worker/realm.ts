/**
 * The runtime's functions as they were before user code was loaded: a task that installs fake timers must
 * not stop the loop it runs on.
 *
 * @module
 */

import { uncurried } from "../wire/intrinsics.ts";

const { performance, Promise } = globalThis;

export const { queueMicrotask, setTimeout, clearTimeout } = globalThis;

const then = uncurried(Promise.prototype.then<void, void>);
const resolve = Promise.resolve.bind(Promise);

/**
 * Tells one of the two, once, what becomes of a promise, or of what has a `then`.
 *
 * @throws what the promise's own `constructor` throws; neither is told then
 */
export function whenSettled(
  promise: PromiseLike<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  then(resolve(promise), onValue, onError);
}

/** The time in milliseconds, as `performance.now` has it. */
export const now: () => number = performance.now.bind(performance);

type Defer = (callback: () => void) => void;

/** Not the function yet: Deno loads it when it is asked for, which takes half as long as a thread's start. */
const immediate = Object.getOwnPropertyDescriptor(globalThis, "setImmediate");

let deferring: Defer | undefined;

/** Calls back once the runtime has seen to timers, messages and I/O. */
export function defer(callback: () => void): void {
  deferring ??= (immediate?.get?.call(globalThis) ?? immediate?.value ?? deferByMessage()) as Defer;
  deferring(callback);
}

/** Where there is no `setImmediate` (browsers): a message to ourselves, as timers there wait four milliseconds. */
export function deferByMessage(): Defer {
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(undefined);
  };
}
