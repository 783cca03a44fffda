/**
 * Limits a config that was found beside the module and that `--config` does not name. The author of the folder wrote
 * it. So it cannot grant permissions, send inputs to a broker, or read, write or run anything outside its folder.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isUrl, splitModule } from "../task/module_reference.ts";
import { flagOf, isPath } from "../flags/table.ts";
import { isPermission } from "../task/permissions.ts";
import { BESIDE_JOURNAL, isWithin } from "../basics/paths.ts";

export type ConfigValues = Record<string, unknown>;

export interface Refused {
  keys: string[];
  why: string;
}

/** Removes from `values` the keys that a found config may not set. With `-P` (`permissions`) it may grant permissions. */
export function withhold(
  values: ConfigValues,
  { path, permissions }: { path: string; permissions: boolean },
): Refused[] {
  const folder = dirname(path);
  const refused: Refused[] = [
    { keys: permissions ? [] : take(values, isGrant), why: "-P applies permissions" },
    {
      keys: take(values, (key) => flagOf(key)?.found === "broker"),
      why: "inputs would be sent to another host",
    },
    {
      keys: take(values, (key, value) => leavesFolder(folder, key, value)),
      why: "the path is outside the config's folder",
    },
  ];
  return refused.filter(({ keys }) => keys.length > 0);
}

/** Removes the keys that `isMeant` selects, and returns them. */
function take(values: ConfigValues, isMeant: (key: string, value: unknown) => boolean): string[] {
  const keys = Object.keys(values).filter((key) => isMeant(key, values[key]));
  for (const key of keys) delete values[key];
  return keys;
}

function isGrant(key: string, value: unknown): boolean {
  const found = flagOf(key)?.found;
  return typeof found === "function" && found(value);
}

function leavesFolder(folder: string, key: string, value: unknown): boolean {
  // isGrant checks the lists of permission flags.
  if (!isPath(key) || isPermission(key)) return false;
  const paths = (Array.isArray(value) ? value : [value]).filter((path) => path !== "-");
  return paths.some((path) =>
    pathsOf(key, path).some((path) => path === undefined || !isWithin(folder, path))
  );
}

/** Returns the files that a key names. Undefined stands for a module on another machine. */
function pathsOf(key: string, path: string): (string | undefined)[] {
  if (key === "journal") return ["", ...BESIDE_JOURNAL].map((end) => `${path}${end}`);
  if (key !== "module") return [path];
  const { name } = splitModule(path);
  if (!isUrl(name)) return [name];
  return [name.startsWith("file:") && URL.canParse(name) ? fileURLToPath(name) : undefined];
}
