/** The executor's option for `--limit-per`: the key of an input. */

import type { LimitPerOptions } from "../../executor/options/limit_per.ts";
import type { RunOptions } from "../flags/options.ts";
import { firstLine } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { areTexts, fieldOf, inputReader, own } from "./input_fields.ts";

/** The executor's option for `--limit-per`. @throws {UserError} if inputs of this format have no fields */
export function limitPerOf(options: RunOptions): LimitPerOptions | undefined {
  const { limitPer, from } = options;
  if (!limitPer) return undefined;
  const { field, most } = limitPer;
  if (areTexts(options) && field !== "host") {
    throw new UserError(
      `--limit-per: with --from ${from} an input is a text, which has no field "${field}"; use host`,
    );
  }
  const read = inputReader(options);
  const find = field === "host" ? hostOf : (input: unknown) => keyOf(input, field);
  let told = false;
  return {
    most,
    key(input) {
      const key = find(read(input));
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
  return typeof url === "string" ? hostOf(url) : keyOf(input, "host");
}

/** Returns a field as JSON, which distinguishes `1` from `"1"`. */
function keyOf(input: unknown, path: string): string | undefined {
  const value = fieldOf(input, path);
  return value === undefined ? undefined : JSON.stringify(value);
}
