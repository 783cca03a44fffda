/**
 * Which config file holds for a run: the one that `--config` names, or `polyloop.json` beside the module.
 *
 * @module
 */

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isUrl, splitModule } from "../task/module_reference.ts";

/** What it depends on. */
interface Wanted {
  /** False: none is wanted. */
  config?: string | false;
  module?: string;
  eval?: string;
}

/** A config file. */
export interface ConfigFile {
  /** As the user would write it. */
  path: string;
  /** Whether `--config` names it. One that was merely found may come from anybody who had a hand in the folder. */
  named: boolean;
}

/** The name of a config file that needs no flag. */
export const CONFIG_NAME = "polyloop.json";

/** Nothing where there is none. A pipe or folder of that name, which nobody named, is no config. */
export function findConfig({ config, module, eval: source }: Wanted): ConfigFile | undefined {
  if (config === false) return undefined;
  if (config !== undefined) return { path: config, named: true };
  const folder = module === undefined ? (source === undefined ? "." : undefined) : folderOf(module);
  if (folder === undefined) return undefined;
  const path = join(folder, CONFIG_NAME);
  return existsSync(path) && statSync(path).isFile() ? { path, named: false } : undefined;
}

/** Nothing for a module that is not on this machine. */
function folderOf(module: string): string | undefined {
  const { name } = splitModule(module);
  if (!isUrl(name)) return dirname(name);
  if (!name.startsWith("file:") || !URL.canParse(name)) return undefined;
  return dirname(fileURLToPath(name));
}
