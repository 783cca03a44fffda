/**
 * Timers that Deno has from the start. It loads the global `setTimeout` when that is first read, which takes 6 ms of CPU time in
 * each thread. A whole program with a worker takes 33 ms (measured with Deno 2.9.6).
 */

import { core } from "./deno_core.ts";

/** What `setTimeout` returns. Each runtime has its own kind. */
export type Timer = number | object;

/** The part of the global functions that is used. */
export interface Timers {
  setTimeout(callback: () => void, delay?: number): Timer;
  setInterval(callback: () => void, delay?: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
}

/** Number of parameters of `createTimer`. With another number, it is another function. */
const PARAMETERS = 6;

/** These timers; undefined if the runtime has none. */
export const coreTimers: Timers | undefined = findTimers();

function findTimers(): Timers | undefined {
  const { createTimer, cancelTimer } = core;
  if (createTimer?.length !== PARAMETERS || !cancelTimer) return undefined;
  return {
    setTimeout: (callback, delay) => createTimer(callback, delay, undefined, false, true, false),
    setInterval: (callback, delay) => createTimer(callback, delay, undefined, true, true, false),
    clearTimeout(timer) {
      if (timer !== undefined) cancelTimer(timer as object);
    },
  };
}
