/**
 * Imports the module with the tasks. An entry may provide its own way: a worker that may read nothing cannot import a file
 * by its name, but an import that is written in its entry needs no permission.
 *
 * @module
 */

import type { ModuleExports } from "./target.ts";

/** `null` where there is no module, only inline functions. */
type Load = (module: string | null) => Promise<ModuleExports>;

let provided: Load | undefined;

/** Sets how the entry imports the module. */
export function provide(load: Load): void {
  provided = load;
}

/** The exports of the module, which is imported as the entry provides it, or by its name. */
export async function importModule(module: string | null): Promise<ModuleExports> {
  if (provided) return withOwnDefault(await provided(module));
  // The comment is for a bundler, which would warn that it cannot look into the name.
  return module === null ? {} : withOwnDefault(await import(/* @vite-ignore */ module));
}

/**
 * TypeScript and others compile `export default` to a property of `module.exports`, which runtimes take for the default
 * export. Such a module marks itself by `__esModule`.
 */
function withOwnDefault(exports: ModuleExports): ModuleExports {
  const whole = exports.default as ModuleExports | null | undefined;
  const isCompiled = typeof whole === "object" && whole?.__esModule === true &&
    Object.hasOwn(whole, "default");
  return isCompiled ? { ...exports, default: whole.default } : exports;
}
