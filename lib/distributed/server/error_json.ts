/**
 * What a task threw, as JSON can hold it: on its way from a worker's machine to the producer.
 *
 * @module
 */

import { type ErrorData, type Nested, toErrorData } from "../../wire/error_data.ts";

/** So much is kept of a message, of a stack, and of each property. */
const STORY = 60_000;

/** Errors in errors are kept so deep. */
const DEEPEST = 8;

/** So many errors in one place are kept. */
const MOST_ERRORS = 100;

/** What a task threw, as it crosses the broker. */
export function errorOf(thrown: unknown): ErrorData {
  return shortened(toErrorData(thrown), 0);
}

function shortened(data: ErrorData, depth: number): ErrorData {
  if (data.kind === "again") return data;
  if (data.kind === "value") return { kind: "value", value: jsonOf(data.value), ...nestedOf(data, depth) };
  const { class: className, name, message, stack, number, cause, errors, properties } = data;
  const inner = (data: ErrorData) => shortened(data, depth + 1);
  return {
    kind: "error",
    class: className,
    name: name.slice(0, STORY),
    message: message.slice(0, STORY),
    stack: stack?.slice(0, STORY),
    ...(number === undefined ? {} : { number }),
    ...(cause && depth < DEEPEST ? { cause: inner(cause) } : {}),
    ...(errors && depth < DEEPEST ? { errors: errors.slice(0, MOST_ERRORS).map(inner) } : {}),
    ...(properties ? { properties: fieldsOf(properties) } : {}),
    ...nestedOf(data, depth),
  };
}

function nestedOf({ nested }: { nested?: Nested[] }, depth: number): { nested?: Nested[] } {
  if (!nested || depth >= DEEPEST) return {};
  return { nested: nested.slice(0, MOST_ERRORS).map(([path, error]) => [path, shortened(error, depth + 1)]) };
}

/** Each by itself: what is too much in one place says nothing of the others. */
function fieldsOf(properties: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(properties).map(([key, value]) => [key, jsonOf(value)]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

/** What JSON has of a value; nothing where that is too much, or nothing. */
function jsonOf(value: unknown): unknown {
  try {
    const text = JSON.stringify(plain(value, new Set()));
    if (text !== undefined && text.length <= STORY) return JSON.parse(text);
  } catch {
    // It is nested too deeply, or has an invalid date in it.
  }
  return typeof value === "string" ? value.slice(0, STORY) : undefined;
}

/** The value without what goes in circles, and with what JSON would write as `{}`. */
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
