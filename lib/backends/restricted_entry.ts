/**
 * The entry of a worker with permissions of its own: a generated module that names the user's module. What an entry imports
 * is loaded with it and needs no permission, also by `import()` with a literal. So nothing of the module's folder has to be
 * granted.
 *
 * @module
 */

import { ownFile } from "../wire/own_file.ts";

/** The source of an entry that starts `entry` and imports `module` for it. */
export function restrictedEntry(entry: URL, module: string | null): string {
  const loader = ownFile("../worker/loader", import.meta.url);
  const load = module === null ? "Promise.resolve({})" : `import(${JSON.stringify(module)})`;
  return `import { provide } from ${JSON.stringify(loader.href)};\n` +
    `import ${JSON.stringify(entry.href)};\nprovide(() => ${load});\n`;
}
