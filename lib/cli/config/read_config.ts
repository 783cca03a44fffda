/** Reads a config file as flags, which are checked like those of the command line. Loaded only if there is a config. */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { isUrl } from "../task/module_reference.ts";
import { didYouMean } from "../flags/nearest.ts";
import { checkValues, CONFIG_KEYS } from "../flags/options.ts";
import { isPath } from "../flags/table.ts";
import { EVERYTHING, granted } from "../task/permissions.ts";
import { systemReason, UserError } from "../user_error.ts";

/** Flags by name: texts, lists of them, or true or false. */
type Flags = Record<string, string | string[] | boolean>;

/**
 * Reads and checks a config. Its relative paths start from its own folder, wherever the command is called.
 *
 * @throws {UserError} that names the file, the key and what was expected there
 */
export function readConfig(path: string): Flags {
  const flags: Flags = {};
  for (const [key, value] of Object.entries(parse(path))) {
    // The path of the JSON schema for editors, not an option.
    if (key === "$schema") continue;
    if (!CONFIG_KEYS.includes(key)) {
      throw new UserError(`${path}: unknown key "${key}"${didYouMean(key, CONFIG_KEYS)}`);
    }
    const flag = granted(key) ? grantOf(path, key, value) : value;
    if (flag === undefined) continue;
    checkValues({ [key]: flag }, () => `${path}: ${key}`);
    flags[key] = typeof flag === "number" ? String(flag) : flag as string | string[] | boolean;
  }
  return withPaths(flags, dirname(path));
}

function parse(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`--config: cannot read ${path}: ${systemReason(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new UserError(`${path}: not valid JSON: ${(error as Error).message.replace(/\s+/g, " ")}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new UserError(`${path}: expected an object such as {"concurrency": 64}`);
}

/** Converts `true`, `false` or a list to the value that the flag would have. */
function grantOf(path: string, key: string, value: unknown): string | undefined {
  if (value === true) return EVERYTHING;
  if (value === false) return undefined;
  const items = typeof value === "string" ? value.split(",") : value;
  const expected = 'expected true, false or a list such as ["A", "B"]';
  if (!Array.isArray(items) || items.length === 0) {
    throw new UserError(`${path}: ${key}: ${expected}, got ${JSON.stringify(value)}`);
  }
  const wrong = items.findIndex((item) => typeof item !== "string" || item === "" || /[,\0]/.test(item));
  if (wrong === -1) return items.join(",");
  throw new UserError(
    `${path}: ${key}[${wrong}]: expected a text without a comma, got ${JSON.stringify(items[wrong])}`,
  );
}

/** Makes the paths of a config, which are relative to its folder, relative to the current folder. */
function withPaths(flags: Flags, folder: string): Flags {
  const from = (path: string) => path === "-" || isAbsolute(path) || isUrl(path) ? path : join(folder, path);
  for (const [key, value] of Object.entries(flags)) {
    if (!isPath(key) || value === EVERYTHING) continue;
    if (Array.isArray(value)) flags[key] = value.map(from);
    else if (typeof value === "string") {
      flags[key] = granted(key) ? value.split(",").map(from).join(",") : from(value);
    }
  }
  return flags;
}
