/** Finds the config of a run: the file of `--config`, or `polyloop.json` beside the module. */

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isUrl, splitModule } from "../task/module_reference.ts";

interface Wanted {
  config?: string | false;
  module?: string;
  eval?: string;
}

export interface ConfigFile {
  path: string;
  /** Whether `--config` names it. Any user who can write to the folder may have written a config that was only found. */
  named: boolean;
}

/** The name of a config file that needs no flag. */
export const CONFIG_NAME = "polyloop.json";

/** The config, if there is one. A pipe or folder called `polyloop.json` is no config. */
export function findConfig({ config, module, eval: source }: Wanted): ConfigFile | undefined {
  if (config === false) return undefined;
  if (config !== undefined) return { path: config, named: true };
  const folder = module === undefined ? (source === undefined ? "." : undefined) : folderOf(module);
  if (folder === undefined) return undefined;
  const path = join(folder, CONFIG_NAME);
  return existsSync(path) && statSync(path).isFile() ? { path, named: false } : undefined;
}

/** The folder of a module. Undefined if the module is not on this machine. */
function folderOf(module: string): string | undefined {
  const { name } = splitModule(module);
  if (!isUrl(name)) return dirname(name);
  if (!name.startsWith("file:") || !URL.canParse(name)) return undefined;
  return dirname(fileURLToPath(name));
}
