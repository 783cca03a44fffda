/**
 * The executors that a worker is nested in, noted in the worker's realm. An executor that a task makes reads it there. It is
 * a property of the global object, because the program of the tasks may have a copy of this library of its own.
 *
 * @module
 */

/** The executors that a worker is nested in. */
export interface Nest {
  /** Their modules, the outermost first; the last is the worker's own. */
  modules: string[];
  /** Whether a task runs in the worker. */
  isBusy(): boolean;
}

const NEST = Symbol.for("polyloop.nest");

const scope = globalThis as { [NEST]?: Nest };

/** The nest of this realm; undefined if the realm is no worker's. */
export function nestHere(): Nest | undefined {
  return scope[NEST];
}

/** Notes that this realm is a worker's. */
export function enterNest(nest: Nest): void {
  Object.defineProperty(scope, NEST, { value: nest, configurable: true });
}
