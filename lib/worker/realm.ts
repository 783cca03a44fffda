/** The runtime's functions, saved before user code is loaded. A task that installs fake timers must not stop the loop on which it runs. */

import { coreTimers, type Timers } from "../wire/core_timers.ts";
import { uncurried } from "../wire/intrinsics.ts";

const { performance, Promise, MessageChannel } = globalThis;

export const { queueMicrotask } = globalThis;
export const { setTimeout, clearTimeout } = (coreTimers ?? globalThis) as Timers;

const postMessage = uncurried(
  MessagePort.prototype.postMessage as (this: MessagePort, message: unknown) => void,
);
const then = uncurried(Promise.prototype.then<void, void>);
const resolve = Promise.resolve.bind(Promise);

/**
 * Calls one of the two functions once, when a promise, or another object with `then`, is settled.
 *
 * @throws the error of the promise's own `constructor`. Then neither function is called.
 */
export function whenSettled(
  promise: PromiseLike<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  const native = resolve(promise);
  try {
    then(native, onValue, onError);
  } catch {
    // A task has replaced `Promise[Symbol.species]`, which `await` does not read.
    void waitFor(native, onValue, onError);
  }
}

async function waitFor(
  promise: Promise<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return onError(error);
  }
  onValue(value);
}

/** Whether a body returned a promise, or another object with `then`. May throw the error of a getter `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Returns the time in milliseconds, like `performance.now`. */
export const now: () => number = performance.now.bind(performance);

/** A promise that other code settles. */
export interface Deferred {
  promise: Promise<void>;
  resolve(): void;
}

export function deferred(): Deferred {
  const made = {} as Deferred;
  made.promise = new Promise((resolve) => made.resolve = resolve);
  return made;
}

type Defer = (callback: () => void) => void;

/** The property, not yet the function: Deno loads the function when it is read, which takes half as long as a thread's start. */
const immediate = Object.getOwnPropertyDescriptor(globalThis, "setImmediate");

const getImmediate = immediate?.get && uncurried(immediate.get);

// A task may replace the name `globalThis`.
const scope = globalThis;

let deferring: Defer | undefined;

/** Calls back once the runtime has handled timers, messages and I/O. */
export function defer(callback: () => void): void {
  deferring ??= (getImmediate?.(scope) ?? immediate?.value ?? deferByMessage()) as Defer;
  deferring(callback);
}

/**
 * Returns a replacement for `setImmediate`, which browsers lack: a message to this thread itself. Browsers delay timers
 * by four milliseconds.
 */
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
    postMessage(port2, undefined);
  };
}
