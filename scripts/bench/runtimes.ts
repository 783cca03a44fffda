/**
 * The runtimes that are measured: this Deno, and a pinned Node from npm. The same programs run on both.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The Node that is measured. npm has it as a package, so it need not be installed. */
const NODE = "24.21.0";

/** What a program is allowed by V8. */
export interface EngineOptions {
  /** Gives it `gc()`. */
  gc?: boolean;
  /** How many megabytes its heap may have. */
  heap?: number;
}

/** A runtime that runs the programs of `programs/`. */
export interface Runtime {
  name: "Deno" | "Node";
  version: string;
  /** The command line of a program. */
  command(program: string, args: string[], options?: EngineOptions): string[];
}

/** The checkout, where deno.json is. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Peers are packages of deno.dev.json, which `deno task bench` has installed: Deno need not look for them at each start. */
const DEV = [`--config=${ROOT}deno.dev.json`, "--node-modules-dir=manual"];

/** The path of a program in `programs/`. */
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

/** The pinned Node, fetched by npm the first time; `undefined` where npm cannot. */
export async function findNode(): Promise<Runtime | undefined> {
  const path = await fetchNode().catch(() => undefined); // there is no npx
  if (path === undefined) return undefined;
  return {
    name: "Node",
    version: NODE,
    command: (program, args, options) => [path, ...engineFlags(options), program, ...args],
  };
}

/** Where npx keeps it. */
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
