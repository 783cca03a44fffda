/**
 * The language's own functions, saved before user code is loaded. A task may replace any of them, and must not change
 * how polyloop serves other tasks in the same worker.
 */

const { bind, call } = Function.prototype;

/** Returns a method as a function whose first argument is the object. */
export const uncurried = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R;

export const { isArray } = Array;
export const { floor, max, min, round } = Math;
export const { isFinite, isSafeInteger } = Number;
export const {
  create: createObject,
  defineProperty,
  getPrototypeOf,
  hasOwn,
  keys: keysOf,
  setPrototypeOf,
} = Object;

export const mapGet = uncurried(Map.prototype.get);
export const mapSet = uncurried(Map.prototype.set);
export const mapForEach = uncurried(Map.prototype.forEach);
export const setAdd = uncurried(Set.prototype.add);
export const setHas = uncurried(Set.prototype.has);
export const setForEach = uncurried(Set.prototype.forEach);
export const includes = uncurried(String.prototype.includes);
export const isWellFormed = uncurried(String.prototype.isWellFormed);

/** Returns a copy of a namespace of the language (such as `Math`), to be imported in its place. */
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

/** Returns a part of an array. Not by `slice()`, which reads `Array[Symbol.species]`. */
export function partOf(list: readonly unknown[], start: number, end: number): unknown[] {
  const part: unknown[] = [];
  for (let at = start; at < end; at++) part[part.length] = list[at];
  return part;
}

const toString = uncurried(Object.prototype.toString);
const slice = uncurried(String.prototype.slice);

/**
 * Returns the class that a value claims to have: `"Map"` for a Map, `"Object"` for a plain object and for a value that throws
 * when it is asked.
 */
export function tagOf(value: unknown): string {
  try {
    return slice(toString(value as object), 8, -1);
  } catch {
    return "Object";
  }
}

const runPattern = uncurried(RegExp.prototype.exec);

/** Whether a text matches. Not by `test()`, which reads the pattern's `exec` property. */
export function matches(pattern: RegExp, text: string): boolean {
  return runPattern(pattern, text) !== null;
}

/** Sets an own property without calling setters. The key may be `__proto__`. */
export function setOwn(object: object, key: PropertyKey, value: unknown, enumerable = true): void {
  // Without a prototype, because a task may have added `get` or `set` to `Object.prototype`.
  const descriptor = { __proto__: null, value, enumerable, configurable: true, writable: true };
  defineProperty(object, key, descriptor as PropertyDescriptor);
}
