/** Converts a thrown value to data that JSON can represent, to be sent from a worker to the producer. */

import { type ErrorData, type Nested, toErrorData } from "../../wire/error_data.ts";

/** Maximum length of a message, of a stack and of each property, in characters. */
const MOST_TEXT = 60_000;

/** Maximum depth of nested errors. */
const DEEPEST = 8;

/** Maximum number of errors in one list. */
const MOST_ERRORS = 100;

/** Converts a thrown value. Parts that do not fit are shortened or left out. */
export function errorOf(thrown: unknown): ErrorData {
  return new Shortening().error(toErrorData(thrown), 0);
}

class Shortening {
  /** The numbers of the errors that were kept so far. */
  readonly #kept = new Set<number>();

  /** Visits errors in the order in which `fromErrorData` makes them, because an error may refer only to an earlier one. */
  error(data: ErrorData, depth: number): ErrorData {
    if (data.kind === "again") {
      // The error that it refers to may have been too deep.
      return this.#kept.has(data.number) ? data : { kind: "value", value: "an error that was left out" };
    }
    if (data.kind === "value") {
      return { kind: "value", value: jsonOf(data.value), ...this.#nested(data, depth) };
    }
    const { class: className, name, message, stack, number, cause, errors, properties } = data;
    if (number !== undefined) this.#kept.add(number);
    const inner = (data: ErrorData) => this.error(data, depth + 1);
    const isDeepest = depth >= DEEPEST;
    return {
      kind: "error",
      class: className,
      name: name.slice(0, MOST_TEXT),
      message: message.slice(0, MOST_TEXT),
      stack: stack?.slice(0, MOST_TEXT),
      ...(number === undefined ? {} : { number }),
      ...(errors && !isDeepest ? { errors: errors.slice(0, MOST_ERRORS).map(inner) } : {}),
      ...(properties ? { properties: fieldsOf(properties), ...this.#nested(data, depth) } : {}),
      ...(cause && !isDeepest ? { cause: inner(cause) } : {}),
    };
  }

  #nested({ nested }: { nested?: Nested[] }, depth: number): { nested?: Nested[] } {
    if (!nested || depth >= DEEPEST) return {};
    return {
      nested: nested.slice(0, MOST_ERRORS).map(([path, error]) => [path, this.error(error, depth + 1)]),
    };
  }
}

/** Converts each property separately, so that one that is too long does not affect the others. */
function fieldsOf(properties: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(properties).map(([key, value]) => [key, jsonOf(value)]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** Returns a value as JSON keeps it; undefined if JSON cannot represent it, or its text is too long. A long string is cut. */
function jsonOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(plain(value, new Set()));
    if (text !== undefined && text.length <= MOST_TEXT) return JSON.parse(text);
  } catch {
    // The value is nested too deeply, or contains an invalid date.
  }
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : undefined;
}

/** Returns the value without circular references. Maps and sets become their entries, because JSON would write `{}`. */
function plain(value: unknown, above: Set<unknown>): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  if (above.has(value)) return undefined;
  above.add(value);
  const result = value instanceof Map
    ? Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner, above)]))
    : value instanceof Set
    ? [...value].map((inner) => plain(inner, above))
    : Array.isArray(value)
    ? value.map((inner) => plain(inner, above))
    : value instanceof RegExp || ArrayBuffer.isView(value) || value instanceof ArrayBuffer
    ? undefined
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, above)]));
  above.delete(value);
  return result;
}
