/**
 * What a worker's realm knows of the executors that it is nested in: an executor that is made there asks. By the global
 * object, because the program of the tasks may have a copy of this library of its own.
 *
 * @module
 */

/** Which executors a worker is nested in. */
export interface Nest {
  /** Their modules, the outermost first; the last is the worker's own. */
  modules: string[];
  /** Whether a task runs in the worker. */
  isBusy(): boolean;
}

const NEST = Symbol.for("polyloop.nest");

const scope = globalThis as { [NEST]?: Nest };

/** The nest of this realm, if it is a worker's. */
export function nestHere(): Nest | undefined {
  return scope[NEST];
}

/** This realm is a worker's. */
export function enterNest(nest: Nest): void {
  Object.defineProperty(scope, NEST, { value: nest, configurable: true });
}
