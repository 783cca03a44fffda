/**
 * Executors in tasks may nest, as deep as tasks go. One that a module makes of itself, or of a module that leads to it, and
 * starts as soon as it is loaded, would nest without end: each of its workers loads the module, too.
 *
 * @module
 */

import { nestHere } from "../../wire/nesting.ts";

/** Workers are nested no deeper: a guess. With two workers each, these are 256. */
const DEEPEST = 8;

/** The modules of the executors that a worker is nested in which is started here, its own last. */
export function nestOf(module: string | null): string[] {
  return [...(nestHere()?.modules ?? []), module ?? "inline functions"];
}

/** @throws {Error} if a worker of this module, started here and now, would start the next, and so on */
export function refuseEndlessNest(module: string | null): void {
  const nest = nestHere();
  if (!nest) return;
  const { modules } = nest;
  if (modules.length >= DEEPEST) {
    throw new Error(
      `workers are nested ${DEEPEST} deep, each in a task of the one before (${modules.at(-1)})`,
    );
  }
  // Functions, and workers that the program starts itself, have no URL to be compared.
  if (!module?.includes(":") || !modules.includes(module)) return;
  // A task that runs may start what it likes: it decides how deep that goes.
  if (nest.isBusy()) return;
  throw new Error(
    `${module} starts its own executor when a worker loads it, so workers would start workers without end. ` +
      "Move the tasks to a module of their own, or start the executor only if import.meta.main is true",
  );
}
