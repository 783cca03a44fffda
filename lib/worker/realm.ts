/**
 * The runtime's functions as they were before user code was loaded: a task that installs fake timers must
 * not stop the loop it runs on.
 *
 * @module
 */

const { performance, setImmediate } = globalThis as typeof globalThis & {
  setImmediate?: (callback: () => void) => void;
};

export const { queueMicrotask, setTimeout, clearTimeout } = globalThis;

const { then } = Promise.prototype;

/** Tells one of the two what becomes of a promise, once, whatever somebody has made of its `then`. */
export function whenSettled(
  promise: Promise<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  then.call(promise, onValue, onError);
}

/** The time in milliseconds, as `performance.now` has it. */
export const now: () => number = performance.now.bind(performance);

/** Calls back once the runtime has seen to timers, messages and I/O. */
export const defer: (callback: () => void) => void = setImmediate ?? deferByMessage();

/** Where there is no `setImmediate` (browsers): a message to ourselves, as timers there wait four milliseconds. */
function deferByMessage(): (callback: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(undefined);
  };
}
