/** Describes a thrown value as text. Objects are written as JSON instead of "[object Object]". */

import { attempt } from "./attempt.ts";
import { isArray, JSON, keysOf, setOwn, tagOf, uncurried } from "./intrinsics.ts";

const { String, Map, Set, Error } = globalThis;
const startsWith = uncurried(String.prototype.startsWith);

/** The text of a value that throws whatever is asked of it, such as a revoked proxy. */
export const UNREADABLE = "a value that cannot be read";

/** Returns the text of a value that is not an error. Never throws. */
export function thrownText(value: unknown): string {
  if (typeof value !== "object" || value === null) return attempt(() => textOf(value), UNREADABLE);
  const own = attempt(() => String(value));
  // A user's class describes itself best. Arrays are written as JSON, because their own text has no brackets.
  const isOwn = own !== undefined && !(startsWith(own, "[object ") && own[own.length - 1] === "]");
  if (isOwn && !attempt(() => isArray(value), true)) return own;
  return attempt(() => jsonOf(value)) ?? attempt(() => fieldsOf(value), UNREADABLE);
}

/** Returns an object as JSON; the name of its class if there is nothing to write. */
function jsonOf(value: object): string | undefined {
  const json = JSON.stringify(value, withoutCircles());
  return json === "{}" ? nameOf(value) ?? json : json;
}

/** Returns the fields of an object that JSON cannot write, because a getter or a `toJSON()` throws. */
function fieldsOf(value: object): string {
  const fields = {};
  const keys = keysOf(value);
  for (let k = 0; k < keys.length; k++) {
    const what = attempt(() => describe((value as Record<string, unknown>)[keys[k]]), "[cannot be read]");
    setOwn(fields, keys[k], what);
  }
  const name = nameOf(value);
  return keys.length === 0 && name !== undefined ? name : JSON.stringify(fields);
}

function describe(value: unknown): unknown {
  if (typeof value === "object" && value !== null) return `[object ${tagOf(value)}]`;
  return typeof value === "function" ? "[function]" : textOf(value);
}

/** Returns the class of an object; undefined for a plain object. */
function nameOf(value: object): string | undefined {
  const name = value.constructor?.name;
  return name === undefined || name === "" || name === "Object" ? undefined : `[object ${name}]`;
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
    while (around.length > 0 && around[around.length - 1].written !== this) around.length--;
    for (let at = 0; at < around.length; at++) if (around[at].value === value) return "[circular]";
    const written = writtenAs(value);
    around[around.length] = { value, written };
    return written;
  };
}

function writtenAs(value: object): object {
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  return value;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? `${value}n` : String(value);
}
