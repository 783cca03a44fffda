/**
 * Finds a module's own project on Deno: the nearest deno.json, or package.json with node_modules, above the module. A Deno
 * program has one project, here that of cli.ts, and records imports in its lock file and node_modules. Only another process
 * can have another project, so the tasks of such a module run in processes.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hasExplicitProject } from "../../backends/deno_options.ts";
import { COMPUTED, foreignImport } from "./module_imports.ts";

/** A project that is not the one that polyloop was started with. */
export interface OwnProject {
  /** The options of `deno run` that make it the project. */
  denoOptions: string[];
  /** What needs it: a package as it is imported, an import that may be one, or the config. */
  because: string;
}

/** The parts of Deno that matter here. */
const { Deno } = globalThis as unknown as {
  Deno?: { mainModule: string; build: { standalone: boolean } };
};

/** What in a deno.json changes how a file is run that imports nothing. */
const CHANGES_FILES = /"(jsx\w*|experimentalDecorators|emitDecoratorMetadata|unstable)"\s*:/;

/**
 * The project of a module, where it is another one than polyloop's and the module needs it. Nothing where the user has
 * said which project holds, on another runtime, and in a compiled program, which can have none.
 */
export async function ownProject(module: string): Promise<OwnProject | undefined> {
  if (!Deno || Deno.build.standalone || hasExplicitProject()) return undefined;
  // What lies in no folder here belongs to the one that the command was started in.
  const own = projectAbove(module.startsWith("file:") ? dirname(fileURLToPath(module)) : process.cwd());
  const { mainModule } = Deno;
  const inForce = mainModule.startsWith("file:")
    ? projectAbove(dirname(fileURLToPath(mainModule)))
    : undefined;
  if (own === inForce) return undefined;
  const changes = own !== undefined && isDenoConfig(own) && CHANGES_FILES.test(readFileSync(own, "utf8"));
  const foreign = await foreignImport(module);
  const because = changes && (foreign ?? COMPUTED) === COMPUTED ? own : foreign;
  return because === undefined ? undefined : { denoOptions: optionsFor(own), because };
}

/** The path of the nearest config; Deno takes a package.json beside a deno.json together with it. */
function projectAbove(folder: string): string | undefined {
  for (;; folder = dirname(folder)) {
    const found = ["deno.json", "deno.jsonc", "package.json"].map((name) => join(folder, name)).find((path) =>
      existsSync(path)
    );
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

function isDenoConfig(path: string): boolean {
  return /deno\.jsonc?$/.test(path);
}

function optionsFor(project: string | undefined): string[] {
  if (project === undefined) return ["--no-config"];
  // Packages are then found in the node_modules above the file that imports them, as on Node.
  return isDenoConfig(project) ? [`--config=${project}`] : ["--no-config", "--node-modules-dir=manual"];
}
