/**
 * Describes a thrown value as text. Objects are written as JSON instead of "[object Object]".
 *
 * @module
 */

import { JSON } from "./intrinsics.ts";

/** The text of a value that is no error. Never throws. */
export function thrownText(value: unknown): string {
  if (typeof value !== "object" || value === null) return textOf(value);
  try {
    const own = String(value);
    // A class of the user's says best itself what it is; an array's own text loses its brackets.
    if (!Array.isArray(value) && !/^\[object [^\]]*\]$/.test(own)) return own;
  } catch {
    // It has no text of its own; what is in it may be had all the same.
  }
  try {
    return JSON.stringify(value, withoutCircles()) ?? "object";
  } catch {
    return "object";
  }
}

/** A replacer for what JSON refuses, or would leave out. */
function withoutCircles(): (this: unknown, key: string, value: unknown) => unknown {
  /** The objects around the value at hand: as they are, and as they are written. */
  const around: { value: unknown; written: unknown }[] = [];
  return function (_, value) {
    if (typeof value === "function") return "[function]";
    if (typeof value === "bigint" || typeof value === "symbol") return textOf(value);
    if (typeof value !== "object" || value === null) return value;
    // `this` is the one that the value stands in; those after it have been written.
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
