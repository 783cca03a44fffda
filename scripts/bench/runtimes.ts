/** The measured runtimes: this Deno, and a pinned Node from npm. Both run the same programs. */

import { fileURLToPath } from "node:url";

/** The measured version of Node. npm has it as a package, so it need not be installed. */
const NODE = "24.21.0";

/** Options of V8 for a program. */
export interface EngineOptions {
  /** Whether the program can call `gc()`. */
  gc?: boolean;
  /** Maximum size of its heap, in megabytes. */
  heap?: number;
}

/** A runtime that runs the programs of `programs/`. */
export interface Runtime {
  name: "Deno" | "Node";
  version: string;
  /** Returns the command line of a program. */
  command(program: string, args: string[], options?: EngineOptions): string[];
}

/** The folder of the repository, with deno.json. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Peers are packages of deno.dev.json, which `deno task bench` has installed. With this config, Deno does not search
 * for them at each start.
 */
const DEV = [`--config=${ROOT}deno.dev.json`, "--node-modules-dir=manual"];

/** Returns the path of a program in `programs/`. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
}

/** This Deno. */
export const DENO: Runtime = {
  name: "Deno",
  version: Deno.version.deno,
  command(program, args, options) {
    const flags = engineFlags(options);
    const v8 = flags.length > 0 ? [`--v8-flags=${flags.join()}`] : [];
    return [Deno.execPath(), "run", "-A", "--quiet", ...DEV, ...v8, program, ...args];
  },
};

/** Returns the pinned Node, which npm fetches the first time; undefined if npm cannot. */
export async function findNode(): Promise<Runtime | undefined> {
  const path = await fetchNode().catch(() => undefined); // there is no npx
  if (path === undefined) return undefined;
  return {
    name: "Node",
    version: NODE,
    command: (program, args, options) => [path, ...engineFlags(options), program, ...args],
  };
}

/** Fetches Node. Returns the path at which npx keeps it. */
async function fetchNode(): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["-y", `node@${NODE}`, "-p", "process.execPath"],
    stdin: "null",
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

function engineFlags({ gc, heap }: EngineOptions = {}): string[] {
  const flags = [];
  if (gc) flags.push("--expose-gc");
  if (heap) flags.push(`--max-old-space-size=${heap}`);
  return flags;
}
