/** The executor's option for `--rate`. */

import type { RateOptions } from "../../executor/options/rate_options.ts";
import type { RunOptions } from "../flags/options.ts";
import type { RateFlag } from "../flags/values/rate.ts";
import { firstLine } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { areTexts, fieldOf, inputReader, type ReadInput } from "./input_fields.ts";

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
