/**
 * `@polyloop/polyloop/worker`: turns a worker that a program starts itself into a worker of an executor. A bundler
 * finds the task module only this way, because the worker's entry imports it.
 *
 * @module
 */

import "./entries/web.ts";
import { provide } from "./loader.ts";
import type { ModuleExports } from "./target.ts";

const { promise: served, resolve } = Promise.withResolvers<ModuleExports>();

// Set at once, because the executor may ask for the module before an entry with a top-level `await` has called serve().
provide(() => served);

/**
 * Serves the tasks, `setup` and `teardown` of a module to the executor that started this worker. Call it once, in the worker's entry.
 *
 * @example
 * ```ts ignore
 * // worker.ts
 * import { serve } from "@polyloop/polyloop/worker";
 * import * as tasks from "./tasks.ts";
 *
 * serve(tasks);
 *
 * // main.ts
 * const start = () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
 * const executor = new Executor<typeof import("./tasks.ts")>(start);
 * ```
 */
export function serve(tasks: Record<string, unknown>): void {
  resolve(tasks);
}
