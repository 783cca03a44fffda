/**
 * Refuses workers that would start workers without end. A task can start an executor of its own. A module that starts an
 * executor of itself when it is loaded would do so in each of its workers, too.
 */

import { nestHere } from "../../wire/nesting.ts";

/** Maximum depth of workers in workers. A guess: with two workers each, these are 256. */
const DEEPEST = 8;

/** The modules of the executors around a worker that is started here, the worker's own module last. */
export function nestOf(module: string | null): string[] {
  return [...(nestHere()?.modules ?? []), module ?? "inline functions"];
}

/**
 * Checks that a worker of this module can be started here.
 *
 * @throws {Error} if workers are nested too deep, or loading the module started this executor
 */
export function refuseEndlessNest(module: string | null): void {
  const nest = nestHere();
  if (!nest) return;
  const { modules } = nest;
  if (modules.length >= DEEPEST) {
    throw new Error(
      `workers are nested ${DEEPEST} deep, each started by a task of the one before (${modules.at(-1)})`,
    );
  }
  // Inline functions, and workers that the program starts itself, have no URL to compare.
  if (!module?.includes(":") || !modules.includes(module)) return;
  // A task that runs may start executors: its code decides how deep they nest.
  if (nest.isBusy()) return;
  throw new Error(
    `${module} starts its own executor when a worker loads it, so workers would start workers without end. ` +
      "Move the tasks to a module of their own, or start the executor only if import.meta.main is true",
  );
}
