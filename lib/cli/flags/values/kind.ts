/**
 * The kinds of values that flags take: their form, their meaning, and their JSON schema. A value is text, as on the command line. A
 * config may also contain numbers.
 */

import { UserError } from "../../user_error.ts";

interface ValueFacts {
  json: Record<string, unknown>;
  words?: string[];
  isPath?: boolean;
}

/** A kind of value. Not a schema of zod, which every command would then load: 10 ms of CPU time. */
export interface Kind<T = unknown> extends ValueFacts {
  /** Returns what a value means. @throws {UserError} with what was expected, without the name of the flag */
  check(value: unknown): T;
}

export type ValueOf<K extends Kind> = K extends Kind<infer T> ? T : never;

export const TEXT = { type: "string", minLength: 1 };

/** The JSON schema of a text that matches a regular expression as a whole. */
export function pattern(source: string): Record<string, unknown> {
  return { type: "string", pattern: `^${source}$` };
}

/** A kind of value. `parse` returns undefined if the value is not `expected`. */
export function kind<T>(
  expected: string,
  parse: (value: unknown) => T | undefined,
  { json = TEXT, ...facts }: Partial<ValueFacts> = {},
): Kind<T> {
  const check = (value: unknown) => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    throw new UserError(`expected ${expected}, got ${JSON.stringify(value)}`);
  };
  return { check, json, ...facts };
}

/** A value that is written as text. A config may contain 4, while the command line can only contain "4". */
export function text<T>(
  expected: string,
  parse: (value: string) => T | undefined,
  facts?: Partial<ValueFacts>,
): Kind<T> {
  const isText = (value: unknown) => typeof value === "string" || typeof value === "number";
  return kind(expected, (value) => isText(value) ? parse(String(value)) : undefined, facts);
}
