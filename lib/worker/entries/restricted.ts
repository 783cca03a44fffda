/**
 * The entry of a Node process with its own permissions. It starts with permission to read every file, and loads the
 * user's module with all its imports. It drops that permission (`seal.ts`) before the module runs. So the module's own
 * folder need not be granted. Polyloop's own files are read before that, too.
 */

import { ownFile } from "../../wire/own_file.ts";
import "./process.ts";
import { provide } from "../loader.ts";
import type { ModuleExports } from "../target.ts";

const seal = ownFile("worker/seal").href;

provide(async (module) => {
  if (module === null) return await import(seal);
  // All imports are read before any module is evaluated. Then the modules are evaluated in the order of the imports.
  const source = `import ${JSON.stringify(seal)};export * as module from ${JSON.stringify(module)};`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  try {
    const { module } = await import(url) as { module: ModuleExports };
    return module;
  } catch (error) {
    throw explained(error, url);
  }
});

/** Returns the error without polyloop's own URL. Adds the file that was denied, which Node's message does not name. */
function explained(error: unknown, url: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code, permission, resource } = error as { code?: string; permission?: string; resource?: string };
  if (code === "ERR_ACCESS_DENIED" && permission === "FileSystemRead") {
    // The same error, because programs read its code and its fields.
    error.message =
      `it reads ${resource} by require() or import() while it runs: grant this file in permissions.read`;
    return error;
  }
  error.message = error.message.replace(` imported from ${url}`, "");
  error.stack = error.stack?.replace(` imported from ${url}`, "");
  return error;
}
