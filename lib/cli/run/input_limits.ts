/**
 * The executor's options for `--rate` and `--limit-per`, which may count or tell apart inputs by their fields. Only then does the main
 * thread read the content of inputs, because a worker does not know what runs on the others.
 */

import type { LimitPerOptions } from "../../executor/options/limit_per.ts";
import type { RateOptions } from "../../executor/options/rate_options.ts";
import { takeContent } from "../../wire/content_key.ts";
import type { RunOptions } from "../flags/options.ts";
import type { RateFlag } from "../flags/values/rate.ts";
import { firstLine } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";

/**
 * Returns the rates of a run; undefined if there are none.
 *
 * @throws {UserError} if a rate counts a field, and inputs of this format have no fields
 */
export function ratesOf(options: RunOptions): RateOptions[] | undefined {
  const { rate: rates, from } = options;
  if (!rates) return undefined;
  const read = inputReader(options);
  return rates.map((rate): RateOptions => {
    const { amount, perMs, field, auto, text } = rate;
    if (field === undefined) return { tasks: amount, perMs, auto };
    if (areTexts(options)) {
      throw new UserError(
        `--rate ${text}: with --from ${from} an input is a text, which has no field "${field}"`,
      );
    }
    return { amount, perMs, weight: weightOf({ ...rate, field }, read), name: field, auto };
  });
}

/** Returns the time that the rates leave between the start of the heaviest of these inputs and the next start, in milliseconds. */
export function restAfter(options: RunOptions, inputs: unknown[]): number {
  const read = inputReader(options);
  const times = options.rate?.map(({ amount, perMs, field }) => {
    if (field === undefined) return perMs / amount;
    const numbers = inputs.map((input) => Number(fieldOf(read(input), field) ?? 0)).filter(Number.isFinite);
    return Math.min(perMs, Math.max(0, ...numbers) * perMs / amount);
  });
  return Math.max(0, ...times ?? []);
}

/** Returns what an input counts for: its field, which may be a number or its text, as in CSV. */
function weightOf({ amount, field, text }: RateFlag & { field: string }, read: ReadInput) {
  let told = false;
  return (input: unknown): number => {
    const value = fieldOf(read(input), field);
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && number > amount) {
      throw new RangeError(
        `--rate ${text}: the field ${field} is ${number}, which is more than the rate ever allows`,
      );
    }
    if (typeof number === "number" && number >= 0) return number;
    if (!told) {
      told = true;
      const line = firstLine(String(input)).slice(0, 80);
      printLine(`polyloop: --rate ${text}: no number ${field} in ${line}; inputs without one count 0`);
    }
    return 0;
  };
}

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

/** Returns the host and port of a URL: of the input itself or of its field `url`; otherwise the field `host`, unchanged. */
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

/** Returns the value of an input as it was handed to the executor; undefined if its line is not valid. */
type ReadInput = (input: unknown) => unknown;

/** Makes the reader of a run's inputs. It keeps the last value, because several limits may read the same input. */
function inputReader({ from, args }: Pick<RunOptions, "from" | "args">): ReadInput {
  // Arguments may contain newlines, so they are sent as JSON.
  const read = from === "lines" && !args ? (text: string) => text : parsed;
  let last: { input: string; value: unknown } | undefined;
  return (input) => {
    if (typeof input !== "string") return undefined;
    if (last?.input !== input) last = { input, value: read(takeContent(input).text) };
    return last.value;
  };
}

function areTexts({ from }: Pick<RunOptions, "from">): boolean {
  return from === "lines" || from === "nul";
}

/** Returns a field. The dots of a path lead into objects and arrays. Undefined if there is none. */
function fieldOf(input: unknown, path: string): unknown {
  let value = own(input, path);
  if (value === undefined) {
    value = input;
    for (const name of path.split(".")) value = own(value, name);
  }
  return value ?? undefined;
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
