/**
 * The language's own functions as they were before user code was loaded. A task may replace any of them, and must not
 * change by that what polyloop does for others in the same worker.
 *
 * @module
 */

const { bind, call } = Function.prototype;

/** A method as a function of its object. */
export const uncurried = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R;

export const { isArray } = Array;
export const { floor, max, min, round } = Math;
export const { isSafeInteger } = Number;
export const {
  create: createObject,
  defineProperty,
  getPrototypeOf,
  hasOwn,
  keys: keysOf,
  setPrototypeOf,
} = Object;

/** The functions of a namespace of the language's, to be imported in its place. */
function taken<T extends object>(namespace: T): T {
  const { getOwnPropertyNames } = globalThis.Object;
  const copy = {} as Record<string, unknown>;
  for (const name of getOwnPropertyNames(namespace)) {
    copy[name] = (namespace as Record<string, unknown>)[name];
  }
  return copy as T;
}

const [ownJson, ownObject] = [taken(JSON), taken(Object)];
export { ownJson as JSON, ownObject as Object };

/** A part of an array. Not by `slice()`, which asks `Array[Symbol.species]` what to make. */
export function partOf(list: readonly unknown[], start: number, end: number): unknown[] {
  const part: unknown[] = [];
  for (let at = start; at < end; at++) part[part.length] = list[at];
  return part;
}

const toString = uncurried(Object.prototype.toString);
const slice = uncurried(String.prototype.slice);

/** `"Map"` of a Map, `"Object"` of a plain object: the class that a value says it is of. */
export function tagOf(value: unknown): string {
  return slice(toString(value as object), 8, -1);
}

/** Sets a property of its own, whatever setters there are: it may be called `__proto__`. */
export function setOwn(object: object, key: PropertyKey, value: unknown, enumerable = true): void {
  // Without a prototype, as one that a task has changed may say `get` or `set`.
  const descriptor = { __proto__: null, value, enumerable, configurable: true, writable: true };
  defineProperty(object, key, descriptor as PropertyDescriptor);
}
