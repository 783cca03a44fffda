/**
 * Generates the entry of a worker with its own permissions: a module that names the user's module. Imports of an entry
 * need no permission, and neither does `import()` with a literal. So the module's folder need not be granted.
 */

import { ownFile } from "../wire/own_file.ts";

/** Returns the source of an entry that starts `entry` and imports `module` for it. */
export function restrictedEntry(entry: URL, module: string | null): string {
  const loader = ownFile("worker/loader");
  const load = module === null ? "Promise.resolve({})" : `import(${JSON.stringify(module)})`;
  return `import { provide } from ${JSON.stringify(loader.href)};\n` +
    `import ${JSON.stringify(entry.href)};\nprovide(() => ${load});\n`;
}
