/**
 * Finds out whether this Deno lets a thread have permissions of its own. Where it does not, starting such a thread would end
 * the process.
 *
 * @module
 */

/** The parts of the runtime that matter here. */
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
 * Whether `--unstable-worker-options` (or its entry in deno.json) is there; true where that cannot be known, because
 * then Deno itself says so.
 */
export function hasWorkerOptions(): boolean {
  // A compiled program hands nothing on: it has what was compiled into it.
  const { Deno } = globalThis as unknown as Runtime;
  known ??= Deno.build.standalone || look();
  return known;
}

/** A fork tells which unstable options it hands on, also if its program does not exist. */
function look(): boolean {
  const { process } = globalThis as unknown as Runtime;
  try {
    const { fork } = process.getBuiltinModule("node:child_process");
    const child = fork("", [], { execPath: "/nonexistent/polyloop" });
    child.on("error", () => {});
    return child.spawnargs.includes("--unstable-worker-options");
  } catch {
    // Forking is forbidden.
    return true;
  }
}
