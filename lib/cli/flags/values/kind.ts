/**
 * The kinds of values that flags take: their form, their meaning, and their JSON schema. A value is text, as on the command line. A
 * config may also contain numbers.
 */

/** The properties of a kind of value, besides its check. */
interface ValueFacts {
  /** Its part of a config's JSON schema. */
  json: Record<string, unknown>;
  /** The allowed words, if it takes words. */
  words?: string[];
  /** Whether it is a path, or a list of paths. */
  isPath?: boolean;
}

/** A kind of value. Not a schema of zod, which every command would then load: 10 ms of CPU time. */
export interface Kind<T = unknown> extends ValueFacts {
  /** Returns the value, or what is wrong with it. */
  check(value: unknown): { value: T } | { fault: string };
}

export type ValueOf<K extends Kind> = K extends Kind<infer T> ? T : never;

/** The JSON schema of a text. */
export const TEXT = { type: "string", minLength: 1 };

/** The JSON schema of a text that matches a regular expression as a whole. */
export function pattern(source: string): Record<string, unknown> {
  return { type: "string", pattern: `^${source}$` };
}

/** A value that is written as text. `parse` returns undefined if the text is not `expected`. */
export function text<T>(
  expected: string,
  parse: (value: string) => T | undefined,
  { json = TEXT, ...facts }: Partial<ValueFacts> = {},
): Kind<T> {
  const check: Kind<T>["check"] = (value) => {
    // A config may contain 4, while the command line can only contain "4".
    const parsed = typeof value === "string" || typeof value === "number" ? parse(String(value)) : undefined;
    if (parsed !== undefined) return { value: parsed };
    return { fault: `expected ${expected}, got ${JSON.stringify(value)}` };
  };
  return { check, json, ...facts };
}
