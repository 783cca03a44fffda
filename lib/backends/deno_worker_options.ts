/**
 * Finds out whether this Deno supports threads with their own permissions. Without that support, starting such a thread
 * would end the process.
 */

import { wasStartedWith } from "./deno_options.ts";

/** The parts of the runtime that are used here. */
interface Runtime {
  Deno: { build: { standalone: boolean } };
  process: {
    getBuiltinModule(name: "node:child_process"): {
      fork(module: string, args: string[], options: { execPath: string }): {
        spawnargs: string[];
        on(event: "error", listener: () => void): void;
      };
    };
  };
}

let known: boolean | undefined;

/**
 * Whether `--unstable-worker-options` (or its entry in deno.json) is set. True if this cannot be found out, because
 * then Deno itself reports the problem.
 */
export function hasWorkerOptions(): boolean {
  // A compiled program passes on no options. It has the options that were compiled into it.
  const { Deno } = globalThis as unknown as Runtime;
  known ??= Deno.build.standalone || wasStartedWith("--unstable-worker-options") || look();
  return known;
}

/**
 * Returns the answer of a fork, which receives the unstable options of this process even if its program does not exist.
 */
function look(): boolean {
  const { process } = globalThis as unknown as Runtime;
  try {
    const { fork } = process.getBuiltinModule("node:child_process");
    const child = fork("", [], { execPath: "/nonexistent/polyloop" });
    child.on("error", () => {});
    return child.spawnargs.includes("--unstable-worker-options");
  } catch {
    // Forking was denied.
    return true;
  }
}
