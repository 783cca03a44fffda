/**
 * Imports the task module. An entry may provide its own way to import it. A worker without read permission cannot import a file
 * by its name, but a literal import in its entry needs no permission.
 */

import type { ModuleExports } from "./target.ts";

/** Imports a module; `null` if there are only inline functions. */
type Load = (module: string | null) => Promise<ModuleExports>;

let provided: Load | undefined;

/** Sets how to import the module. */
export function provide(load: Load): void {
  provided = load;
}

/** Returns the module's exports. Imports it as the entry provides, or by its name. */
export async function importModule(module: string | null): Promise<ModuleExports> {
  if (provided) return withOwnDefault(await provided(module));
  // The comment tells a bundler not to warn about a name that it cannot follow.
  return module === null ? {} : withOwnDefault(await import(/* @vite-ignore */ module));
}

/**
 * TypeScript and other compilers turn `export default` into a property of `module.exports`, and runtimes take
 * `module.exports` for the default export. Such a module has the property `__esModule`.
 */
function withOwnDefault(exports: ModuleExports): ModuleExports {
  const whole = exports.default as ModuleExports | null | undefined;
  const isCompiled = typeof whole === "object" && whole?.__esModule === true &&
    Object.hasOwn(whole, "default");
  return isCompiled ? { ...exports, default: whole.default } : exports;
}
