/**
 * Finds a module's own project on Deno: the nearest deno.json, or package.json with node_modules, above the module. A
 * Deno program has one project, here that of cli.ts, and records imports in its lock file and node_modules. Only
 * another process can have another project. Therefore the tasks of such a module run in processes.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hasExplicitProject } from "../../backends/deno_options.ts";
import { isCompiled } from "./compiled.ts";
import { COMPUTED, foreignImport } from "./module_imports.ts";

/** A project other than the one with which polyloop was started. */
export interface OwnProject {
  denoOptions: string[];
  /** Why it is needed: an imported package, a computed import, or the path of the config. */
  because: string;
}

const { Deno } = globalThis as unknown as { Deno?: { mainModule: string } };

/** Keys of a deno.json that change how a file runs even if it imports nothing. */
const CHANGES_FILES = /"(jsx\w*|experimentalDecorators|emitDecoratorMetadata|unstable)"\s*:/;

/**
 * Returns the project of the module, if the module needs it and polyloop has another one. Undefined if the user has
 * named a project, on other runtimes, and in the binary, which has no project.
 */
export async function ownProject(module: string): Promise<OwnProject | undefined> {
  if (!Deno || isCompiled() || hasExplicitProject()) return undefined;
  // A module without a folder belongs to the folder in which the command was started.
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

/** The path of the nearest config. Deno also reads a package.json beside a deno.json. */
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
  // As on Node, packages are then found in the node_modules above the file that imports them.
  return isDenoConfig(project) ? [`--config=${project}`] : ["--no-config", "--node-modules-dir=manual"];
}
