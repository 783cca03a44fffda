/**
 * What an input counts for under `--limit-per`. This is where the main thread does read inputs: only it knows of all
 * workers, and only with that flag.
 *
 * @module
 */

import type { LimitPerOptions } from "../../executor/types.ts";
import { takeContent } from "../../wire/content_key.ts";
import type { RunOptions } from "../flags/options.ts";
import { firstLine } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";

/**
 * The limit as an executor has it.
 *
 * @throws {UserError} if the inputs cannot have such a field
 */
export function limitPerOf({ limitPer, from, args }: RunOptions): LimitPerOptions | undefined {
  if (!limitPer) return undefined;
  const { field, most } = limitPer;
  if ((from === "lines" || from === "nul") && field !== "host") {
    throw new UserError(
      `--limit-per: with --from ${from} an input is a text, which has no field "${field}"; only host can be told`,
    );
  }
  // Arguments, which may hold newlines, travel as JSON.
  const read = from === "lines" && !args ? (text: string) => text : parsed;
  const find = field === "host" ? hostOf : (input: unknown) => fieldOf(input, field);
  let told = false;
  return {
    most,
    key(input) {
      const key = typeof input === "string" ? find(read(takeContent(input).text)) : undefined;
      if (key === undefined && !told) {
        told = true;
        printLine(
          `polyloop: --limit-per: no ${field} in ${firstLine(String(input)).slice(0, 80)}; ` +
            "inputs without one have no limit",
        );
      }
      return key;
    },
  };
}

/** The host, with its port, of a URL: the input, its `url`, or else its `host`. */
function hostOf(input: unknown): string | undefined {
  if (typeof input === "string") return URL.canParse(input) ? new URL(input).host || undefined : undefined;
  const url = own(input, "url");
  return typeof url === "string" ? hostOf(url) : fieldOf(input, "host");
}

/** A field as text that tells `1` from `"1"`; the dots of a path lead into objects and arrays. */
function fieldOf(input: unknown, path: string): string | undefined {
  let value = own(input, path);
  if (value === undefined) {
    value = input;
    for (const name of path.split(".")) value = own(value, name);
  }
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** A line that is no JSON is its worker's to complain of. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
