/**
 * The runtime's functions as they were before user code was loaded: a task that installs fake timers must
 * not stop the loop it runs on.
 *
 * @module
 */

import { uncurried } from "../wire/intrinsics.ts";

const { performance, Promise, MessageChannel } = globalThis;

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

/** A promise that is settled by hand. */
export interface Deferred {
  promise: Promise<void>;
  resolve(): void;
}

/** Makes one. */
export function deferred(): Deferred {
  const made = {} as Deferred;
  made.promise = new Promise((resolve) => made.resolve = resolve);
  return made;
}

type Defer = (callback: () => void) => void;

/** Not the function yet: Deno loads it when it is asked for, which takes half as long as a thread's start. */
const immediate = Object.getOwnPropertyDescriptor(globalThis, "setImmediate");

const getImmediate = immediate?.get && uncurried(immediate.get);

let deferring: Defer | undefined;

/** Calls back once the runtime has seen to timers, messages and I/O. */
export function defer(callback: () => void): void {
  deferring ??= (getImmediate?.(globalThis) ?? immediate?.value ?? deferByMessage()) as Defer;
  deferring(callback);
}

/** Where there is no `setImmediate` (browsers): a message to ourselves, as timers there wait four milliseconds. */
export function deferByMessage(): Defer {
  const { port1, port2 } = new MessageChannel();
  let callbacks: (() => void)[] = [];
  let next = 0;
  port1.onmessage = () => {
    const callback = callbacks[next++];
    if (next === callbacks.length) {
      callbacks = [];
      next = 0;
    }
    callback();
  };
  return (callback) => {
    callbacks[callbacks.length] = callback;
    port2.postMessage(undefined);
  };
}
