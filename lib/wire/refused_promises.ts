/**
 * Handles the rejections of promises that are not sent: in a task's result that was refused, or on what a task threw. That task
 * has failed already. An unhandled rejection would end the worker, with all other tasks on it.
 */

import { keysOf, mapForEach, setAdd, setForEach, setHas, uncurried } from "./intrinsics.ts";

const { Map, Promise, Set } = globalThis;
const then = uncurried(Promise.prototype.then<unknown, void>);

const ignore = () => {};

/** Handles the rejection of every promise in the value. */
export function handleRejections(value: unknown, seen: Set<unknown> = new Set()): void {
  if (typeof value !== "object" || value === null || setHas(seen, value)) return;
  setAdd(seen, value);
  const visit = (part: unknown) => handleRejections(part, seen);
  try {
    if (value instanceof Promise) return void then(value, undefined, ignore);
    if (value instanceof Map) mapForEach(value, visit);
    else if (value instanceof Set) setForEach(value, visit);
    const keys = keysOf(value);
    for (let k = 0; k < keys.length; k++) visit((value as Record<string, unknown>)[keys[k]]);
  } catch {
    // A getter or a proxy threw, or the value is too deep. What it would have given is not known.
  }
}
