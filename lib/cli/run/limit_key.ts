/**
 * The key of an input for `--limit-per`. Only with that flag does the main thread read the content of inputs, because a
 * worker does not know what runs on the others.
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
 * The executor's option for `--limit-per`.
 *
 * @throws {UserError} if inputs of this format have no fields
 */
export function limitPerOf({ limitPer, from, args }: RunOptions): LimitPerOptions | undefined {
  if (!limitPer) return undefined;
  const { field, most } = limitPer;
  if ((from === "lines" || from === "nul") && field !== "host") {
    throw new UserError(
      `--limit-per: with --from ${from} an input is a text, which has no field "${field}"; only host can be told`,
    );
  }
  // Arguments may contain newlines, so they are sent as JSON.
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

/**
 * Returns the host and port of a URL: of the input itself or of its field `url`; otherwise the field `host`, unchanged.
 */
function hostOf(input: unknown): string | undefined {
  if (typeof input === "string") return URL.canParse(input) ? new URL(input).host || undefined : undefined;
  const url = own(input, "url");
  return typeof url === "string" ? hostOf(url) : fieldOf(input, "host");
}

/** Returns a field as JSON, which distinguishes `1` from `"1"`. The dots of a path lead into objects and arrays. */
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

/** The value of a line. Undefined if it is not valid JSON, which its worker reports. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
