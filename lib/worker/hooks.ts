/** Loads the task module, finds its schema, and runs its `setup` and `teardown`. Each error says which of these steps failed. */

import { ModuleLoadError } from "../errors.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import type { WorkerContext } from "./context.ts";
import { importModule } from "./loader.ts";
import { checkBy, type InputCheck } from "./schema.ts";
import type { ModuleExports } from "./target.ts";

/**
 * Returns the exports of the task module; no exports if the worker runs only inline functions.
 *
 * @throws {ModuleLoadError} if the module is missing, does not parse, or throws
 */
export async function loadModule({ module }: WorkerInit): Promise<ModuleExports> {
  try {
    return await importModule(module);
  } catch (error) {
    throw new ModuleLoadError(module ?? "", `Cannot load ${module ?? "the worker"}`, error);
  }
}

/**
 * Returns the check of inputs by the module's schema; undefined if inputs are not checked.
 *
 * @throws {ModuleLoadError} if the module has no such schema
 */
export function findCheck(exports: ModuleExports, { module, schema }: WorkerInit): InputCheck | undefined {
  if (schema === undefined) return undefined;
  try {
    return checkBy(schema, exports);
  } catch (error) {
    throw new ModuleLoadError(module ?? "", `schema of ${module} cannot be used`, error);
  }
}

/**
 * Awaits the module's `setup`, if it has one.
 *
 * @throws {ModuleLoadError} if `setup` throws
 */
export async function runSetup(
  exports: ModuleExports,
  init: WorkerInit,
  context: WorkerContext,
): Promise<void> {
  const { setup } = exports;
  if (!init.hooks || typeof setup !== "function") return;
  try {
    await setup(context);
  } catch (error) {
    throw new ModuleLoadError(init.module ?? "", `setup() of ${init.module} failed`, error);
  }
}

/** Awaits the module's `teardown`, if it has one. Throws the error of `teardown`. */
export async function runTeardown(
  exports: ModuleExports,
  init: WorkerInit,
  context: WorkerContext,
): Promise<void> {
  const { teardown } = exports;
  if (!init.hooks || typeof teardown !== "function") return;
  await teardown(context);
}
