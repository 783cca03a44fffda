/** The global timers, as far as the command line uses them. */

import { boundHere } from "../../../lib/wire/async_context.ts";
import { coreTimers, type Timer, type Timers } from "../../../lib/wire/core_timers.ts";
import { core } from "../../../lib/wire/deno_core.ts";

type Callback = (...given: unknown[]) => void;

const { setTimeout: start, setInterval: repeat, clearTimeout: stop } = coreTimers ?? globalThis as Timers;

export function setTimeout(callback: Callback, delay?: number, ...given: unknown[]): Timer {
  return withUnref(start(boundHere(() => callback(...given)), delay));
}

export function setInterval(callback: Callback, delay?: number, ...given: unknown[]): Timer {
  return withUnref(repeat(boundHere(() => callback(...given)), delay));
}

export const clearTimeout: Timers["clearTimeout"] = stop;

export const clearInterval: Timers["clearTimeout"] = stop;

/** The timer with the method `unref`, by which it does not keep the program alive. */
function withUnref(timer: Timer): Timer {
  return coreTimers ? Object.assign(timer, { unref: () => core.unrefTimer?.(timer as object) }) : timer;
}
