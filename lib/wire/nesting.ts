/**
 * Records in a worker's realm in which executors the worker is nested. An executor that a task creates reads this
 * record. It is a property of the global object, because the program of the tasks may use its own copy of this library.
 */

interface Nest {
  /** The modules of the executors, from the outermost to the worker's own. */
  modules: string[];
  /** Whether the worker runs a task. */
  isBusy(): boolean;
}

const NEST = Symbol.for("polyloop.nest");

const scope = globalThis as { [NEST]?: Nest };

/** Returns the nest of this realm; undefined if the realm is not a worker's. */
export function nestHere(): Nest | undefined {
  return scope[NEST];
}

/** Records that this realm is a worker's. */
export function enterNest(nest: Nest): void {
  Object.defineProperty(scope, NEST, { value: nest, configurable: true });
}
