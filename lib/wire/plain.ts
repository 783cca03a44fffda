/**
 * A quick check of each value that is sent. Nearly all values consist only of parts that every platform clones alike.
 * All others get the full check of `packed.ts`.
 */

import { getPrototypeOf, hasOwn, isArray, keysOf, uncurried } from "./intrinsics.ts";
import { hasSymbolsAlone, isNamespace, isPlainPrototype, isUserClass } from "./value_kind.ts";
import { bufferOf } from "./view_facts.ts";
import { usesLittle } from "./view_parts.ts";

/**
 * A value with more objects than this gets the full check. An object counts each time it is met, because objects that
 * refer to each other can be reached in too many ways to follow. Visiting a million takes some 20 ms.
 */
const MOST_OBJECTS = 1_000_000;

/** A value with more levels than this gets the full check. Few values have more. */
const MOST_LEVELS = 50;

const { ArrayBuffer } = globalThis;
const { isView } = ArrayBuffer;
const ObjectPrototype = Object.prototype;
const DatePrototype = Date.prototype;
const MapPrototype = Map.prototype;
const SetPrototype = Set.prototype;
const getTime = uncurried(DatePrototype.getTime);
const mapForEach = uncurried(MapPrototype.forEach);
const setForEach = uncurried(SetPrototype.forEach);

/** Number of objects that may still be visited in the current value. */
let left = 0;

/** Whether a value is certain to arrive unchanged, in threads and in processes. False means unknown. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object") return isPlainPrimitive(value);
  left = MOST_OBJECTS;
  try {
    return isPlainObject(value, MOST_LEVELS);
  } catch {
    // A getter or a proxy in user code threw.
    return false;
  }
}

function isPlainPrimitive(value: unknown): boolean {
  return typeof value !== "function" && typeof value !== "symbol";
}

function isPlainAt(value: unknown, levels: number): boolean {
  return typeof value === "object" ? isPlainObject(value, levels) : isPlainPrimitive(value);
}

function isPlainObject(object: object | null, levels: number): boolean {
  if (object === null) return true;
  if (levels === 0 || --left === 0) return false;
  if (isArray(object)) return hasPlainElements(object, levels - 1);
  const prototype = getPrototypeOf(object);
  if (prototype === ObjectPrototype) return hasPlainFields(object, levels - 1);
  // `getTime` throws if the object is not a Date.
  if (prototype === DatePrototype) {
    return typeof getTime(object as Date) === "number" && keysOf(object).length === 0;
  }
  if (isView(object)) return !usesLittle(object) && bufferOf(object) instanceof ArrayBuffer;
  if (prototype === MapPrototype) {
    return keysOf(object).length === 0 && isPlainMap(object as Map<unknown, unknown>, levels - 1);
  }
  if (prototype === SetPrototype) {
    return keysOf(object).length === 0 && isPlainSet(object as Set<unknown>, levels - 1);
  }
  if (isPlainPrototype(prototype)) return hasPlainFields(object, levels - 1);
  // An object of a user's class must have fields, or it would arrive empty.
  return isUserClass(prototype) && keysOf(object).length > 0 && hasPlainFields(object, levels - 1);
}

function hasPlainElements(array: unknown[], levels: number): boolean {
  for (let at = 0; at < array.length; at++) {
    const element = array[at];
    if (typeof element === "number" || typeof element === "string") continue;
    // An array may have four thousand million holes. The full check visits only its elements.
    if (element === undefined ? !hasOwn(array, at) : !isPlainAt(element, levels)) return false;
  }
  return true;
}

function hasPlainFields(object: object, levels: number): boolean {
  let isEmpty = true;
  for (const key in object) {
    isEmpty = false;
    const field = (object as Record<string, unknown>)[key];
    if (typeof field !== "string" && typeof field !== "number" && !isPlainAt(field, levels)) return false;
  }
  return !(isEmpty && (isNamespace(object) || hasSymbolsAlone(object)));
}

function isPlainMap(map: Map<unknown, unknown>, levels: number): boolean {
  let plain = true;
  mapForEach(map, (value, key) => {
    plain &&= isPlainAt(key, levels) && isPlainAt(value, levels);
  });
  return plain;
}

function isPlainSet(set: Set<unknown>, levels: number): boolean {
  let plain = true;
  setForEach(set, (value) => {
    plain &&= isPlainAt(value, levels);
  });
  return plain;
}
