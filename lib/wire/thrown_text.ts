/**
 * Describes a thrown value as text. Objects are written as JSON instead of "[object Object]".
 *
 * @module
 */

import { JSON } from "./intrinsics.ts";

/** Returns the text of a value that is not an error. Never throws. */
export function thrownText(value: unknown): string {
  if (typeof value !== "object" || value === null) return textOf(value);
  try {
    const own = String(value);
    // A user's class describes itself best. Arrays are written as JSON, because their own text has no brackets.
    if (!Array.isArray(value) && !/^\[object [^\]]*\]$/.test(own)) return own;
  } catch {
    // The value has no text of its own. Its content is tried next.
  }
  try {
    return JSON.stringify(value, withoutCircles()) ?? "object";
  } catch {
    return "object";
  }
}

/** Returns a replacer for values that JSON refuses or leaves out. */
function withoutCircles(): (this: unknown, key: string, value: unknown) => unknown {
  /** The objects that contain the current value: the original and the written one of each. */
  const around: { value: unknown; written: unknown }[] = [];
  return function (_, value) {
    if (typeof value === "function") return "[function]";
    if (typeof value === "bigint" || typeof value === "symbol") return textOf(value);
    if (typeof value !== "object" || value === null) return value;
    // `this` is the object that contains the value. The objects after it have already been written.
    while (around.length > 0 && around.at(-1)!.written !== this) around.pop();
    if (around.some((outer) => outer.value === value)) return "[circular]";
    const written = writtenAs(value);
    around.push({ value, written });
    return written;
  };
}

function writtenAs(value: object): object {
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  return value;
}

function textOf(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}
