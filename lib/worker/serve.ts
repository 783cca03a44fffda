/**
 * `@polyloop/polyloop/worker`: makes a worker that a program starts itself one of an executor's. Where a bundler makes
 * the program, only so does it find the tasks, which the worker's entry imports.
 *
 * @module
 */

import "./entries/web.ts";
import { provide } from "./loader.ts";
import type { ModuleExports } from "./target.ts";

const { promise: served, resolve } = Promise.withResolvers<ModuleExports>();

// At once: the executor may ask before an entry that awaits something has called serve().
provide(() => served);

/**
 * Serves a module's tasks, `setup` and `teardown`, to the executor that started this worker. To be called once, in the
 * worker's entry.
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
