/**
 * The entry of a process of Node with permissions of its own. It starts with the permission to read every file, loads
 * the user's module with all that this imports, gives that permission up (`seal.ts`), and only then does the module
 * run: nothing of its folder has to be granted. Our own files are read before that, too.
 *
 * @module
 */

import { ownFile } from "../../wire/own_file.ts";
import "./process.ts";
import { provide } from "../loader.ts";
import type { ModuleExports } from "../target.ts";

const seal = ownFile("../seal", import.meta.url).href;

provide(async (module) => {
  if (module === null) return await import(seal);
  // What a module imports is read before any of it is evaluated, and evaluated in the order in which it stands.
  const source = `import ${JSON.stringify(seal)};export * as module from ${JSON.stringify(module)};`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  try {
    const { module } = await import(url) as { module: ModuleExports };
    return module;
  } catch (error) {
    throw explained(error, url);
  }
});

/** The error without our own URL, and with the file that was denied, which Node's message does not name. */
function explained(error: unknown, url: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code, permission, resource } = error as { code?: string; permission?: string; resource?: string };
  if (code === "ERR_ACCESS_DENIED" && permission === "FileSystemRead") {
    // The same error, because its code and its fields say it to programs.
    error.message =
      `it loads or reads ${resource} by require() or import() while it runs, which permissions.read must grant`;
    return error;
  }
  error.message = error.message.replace(` imported from ${url}`, "");
  error.stack = error.stack?.replace(` imported from ${url}`, "");
  return error;
}
