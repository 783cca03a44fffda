/**
 * Resolves the name of a package from a folder, for modules that are in no folder themselves.
 *
 * @module
 */

import * as nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The parts of the runtimes that matter here. */
const { Bun } = globalThis as unknown as { Bun?: { resolveSync(name: string, folder: string): string } };

/** Hooks into how Node resolves; not in Node's types of every version. */
interface Hooks {
  registerHooks?(hooks: {
    resolve(name: string, context: object, next: (name: string, context: object) => unknown): unknown;
  }): { deregister(): void };
}

/**
 * The URL of a package's module; nothing for what the runtime finds without a folder (`node:fs`, `npm:zod`), or not at all.
 * `base` is the folder's URL.
 */
export function packageUrl(name: string, base: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]+:/i.test(name) || nodeModule.isBuiltin(name)) return undefined;
  try {
    if (Bun) return pathToFileURL(Bun.resolveSync(name, fileURLToPath(base))).href;
    // Deno's import map is the runtime's own affair; what it has beside that is node_modules.
    if ("Deno" in globalThis) return pathToFileURL(nodeModule.createRequire(base).resolve(name)).href;
    return resolveOnNode(name, base);
  } catch {
    return undefined;
  }
}

/** By the conditions of an import, which `require.resolve` has not. */
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
