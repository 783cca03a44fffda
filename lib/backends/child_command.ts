/** Builds the command that starts a worker process: this runtime, with options by which the user's module resolves as it does here. */

import { ownFile } from "../wire/own_file.ts";
import type { PermissionSet } from "../wire/permissions.ts";
import { canSelfStart, selfStartArguments } from "../wire/self_start.ts";
import { inheritedOptions, optionsWithProject, toPath } from "./deno_options.ts";
import { inheritedNodeOptions } from "./node_options.ts";
import { nodeFlags, withoutPermissions } from "./node_permissions.ts";
import { allPermissions, permissionFlags } from "./deno_permissions.ts";
import { restrictedEntry } from "./restricted_entry.ts";
import { memoryFlags, type WorkerSettings } from "./worker_settings.ts";

/** The parts of the runtimes that are used here. Deno loads `process` at the first access. */
const runtime = globalThis as unknown as {
  Deno?: {
    execPath(): string;
    cwd(): string;
    mainModule: string | undefined;
    build: { standalone: boolean };
  };
  process: { execPath: string; execArgv: string[] };
};
const { Deno } = runtime;

/** A worker's own permissions, and the task module. */
interface Restriction {
  permissions: PermissionSet | undefined;
  module: string | null;
  /** Options of `deno run` that replace the parent's project. */
  denoOptions?: string[];
  settings: WorkerSettings;
}

export interface Command {
  program: string;
  args: string[];
}

/** Returns the command for a worker. @throws {Error} if a compiled program cannot start itself as a worker */
export function childCommand({ permissions, module, denoOptions, settings }: Restriction): Command {
  const entry = ownFile("worker/entries/process");
  const { argv = [], execArgv, resourceLimits = {} } = settings;
  const memory = memoryFlags(resourceLimits);
  if (!Deno) {
    const options = [...(execArgv ?? inheritedNodeOptions(runtime.process.execArgv)), ...memory];
    if (!permissions) {
      return { program: runtime.process.execPath, args: [...options, toPath(entry), ...argv] };
    }
    const flags = [
      ...withoutPermissions(options),
      ...nodeFlags(permissions, { entry: toPath(entry), module }),
    ];
    const restricted = toPath(ownFile("worker/entries/restricted"));
    return { program: runtime.process.execPath, args: [...flags, restricted, ...argv] };
  }
  if (Deno.build.standalone) {
    return { program: Deno.execPath(), args: ownArguments({ permissions, module }) };
  }
  // Deno looks for package.json in the main module's folder and above. For a main module without a path, it starts at
  // the working directory.
  const source = permissions ? restrictedEntry(entry, module) : `import ${JSON.stringify(entry.href)};`;
  const main = `data:text/javascript,${encodeURIComponent(source)}`;
  const options = denoOptions ? optionsWithProject(denoOptions) : inheritedOptions(mainModule(module));
  if (execArgv) options.push(...execArgv);
  if (memory.length > 0) options.push(`--v8-flags=${memory.join(",")}`);
  const allowed = permissions ? permissionFlags(allPermissions(permissions, module)) : ["-A"];
  return {
    program: Deno.execPath(),
    args: ["run", ...allowed, "--quiet", "--no-prompt", ...options, main, ...argv],
  };
}

/** Returns the program's main module. A thread of Deno does not know it, so the task module is used there. */
function mainModule(module: string | null): string {
  if (Deno!.mainModule !== undefined) return Deno!.mainModule;
  return module?.startsWith("file:") ? module : new URL(`file://${encodeURI(Deno!.cwd())}/`).href;
}

/** Returns the arguments by which a compiled program starts itself as a worker. */
function ownArguments({ permissions, module }: Pick<Restriction, "permissions" | "module">): string[] {
  if (!canSelfStart()) throw new Error("a compiled program cannot start itself as a worker");
  if (!permissions) return selfStartArguments({});
  const source = restrictedEntry(ownFile("worker/entries/compiled_thread"), module);
  return selfStartArguments({
    thread: {
      entry: `data:text/javascript,${encodeURIComponent(source)}`,
      permissions: allPermissions(permissions, module),
    },
  });
}
