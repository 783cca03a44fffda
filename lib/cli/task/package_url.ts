/** Resolves the name of a package from a folder, for a module that is in no folder. */

import * as nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The part of Bun that this file uses. */
const { Bun } = globalThis as unknown as { Bun?: { resolveSync(name: string, folder: string): string } };

/** Node's hooks into the resolution of modules. The types of some versions of Node lack them. */
interface Hooks {
  registerHooks?(hooks: {
    resolve(name: string, context: object, next: (name: string, context: object) => unknown): unknown;
  }): { deregister(): void };
}

/**
 * The URL of a package's module, resolved from the folder with the URL `base`. Undefined if the runtime needs no folder for it
 * (`node:fs`, `npm:zod`), or cannot find it.
 */
export function packageUrl(name: string, base: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]+:/i.test(name) || nodeModule.isBuiltin(name)) return undefined;
  try {
    if (Bun) return pathToFileURL(Bun.resolveSync(name, fileURLToPath(base))).href;
    // Deno itself applies its import map. Other packages are in node_modules.
    if ("Deno" in globalThis) return pathToFileURL(nodeModule.createRequire(base).resolve(name)).href;
    return resolveOnNode(name, base);
  } catch {
    return undefined;
  }
}

/** Resolves by the conditions of an import. `require.resolve` uses others. */
function resolveOnNode(name: string, base: string): string {
  const hooks = (nodeModule as Hooks).registerHooks!({
    resolve: (name, context, next) => next(name, { ...context, parentURL: base }),
  });
  try {
    return import.meta.resolve(name);
  } finally {
    hooks.deregister();
  }
}
