/**
 * Finds the options of `deno run` with which this program was started, as far as the system reports them. Worker
 * processes get the same options, so that modules resolve there as they do here.
 */

import { commandLine, type DenoLike } from "./command_line.ts";

/** The parts of Deno that are used here. It would load `process` at the first access. */
const runtime = globalThis as unknown as {
  Deno: DenoLike & { statSync(path: URL): unknown };
  process: { getBuiltinModule(name: string): unknown };
};

/** Options of `deno run` that change how modules resolve or how the runtime behaves. Workers inherit them. */
const INHERITED =
  /^(-c|--(config|import-map|no-config|node-modules-dir|lock|no-lock|cached-only|cert|conditions|v8-flags|unstable)\b)/;

const CONFIG = /^(-c|--config|--no-config)/;

/** Returns the options of the program, if the system reports them. Adds its deno.json if the options name none. */
export function inheritedOptions(mainModule: string): string[] {
  const own = ownOptions();
  if (own.some((option) => CONFIG.test(option))) return own;
  const config = nearestConfig(mainModule);
  return config ? [...own, `--config=${config}`] : own;
}

/** Returns the options of the program, with another project in place of its own. */
export function optionsWithProject(project: string[]): string[] {
  return [...ownOptions(), ...project];
}

/** Whether the program was started with options that name its project. */
export function hasExplicitProject(): boolean {
  return ownOptions().some((option) => CONFIG.test(option) || option.startsWith("--import-map"));
}

/** Whether the program was started with this option of `deno run`, where the system tells. Its config may have it, too. */
export function wasStartedWith(option: string): boolean {
  return ownOptions().includes(option);
}

function ownOptions(): string[] {
  const words = commandLine(runtime.Deno).slice(1);
  const options: string[] = [];
  // The options end at the first word that is not an option: the program. Its own arguments follow.
  for (
    let at = /^(run|serve|test|bench|eval|repl)$/.test(words[0]) ? 1 : 0;
    words[at]?.startsWith("-");
    at++
  ) {
    const separate = /^(-c|--config|--import-map|--cert)$/.test(words[at]);
    if (INHERITED.test(words[at])) options.push(words[at], ...(separate ? [words[at + 1]] : []));
    if (separate) at++;
  }
  return options;
}

/** Returns the nearest deno.json in the program's folder or above. */
function nearestConfig(mainModule: string): string | undefined {
  if (!mainModule.startsWith("file:")) return;
  for (let folder = new URL(".", mainModule);; folder = new URL("..", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      if (exists(new URL(name, folder))) return toPath(new URL(name, folder));
    }
    if (folder.href === new URL("..", folder).href) return;
  }
}

function exists(file: URL): boolean {
  try {
    runtime.Deno.statSync(file);
    return true;
  } catch {
    // There is no such file, or reading it was denied.
    return false;
  }
}

export function toPath(url: URL): string {
  const { fileURLToPath } = runtime.process.getBuiltinModule("node:url") as {
    fileURLToPath(url: URL): string;
  };
  return fileURLToPath(url);
}

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

/** Returns the answer of a fork, which receives the unstable options of this process even if its program does not exist. */
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
