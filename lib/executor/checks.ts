/**
 * Checks of single options. Each returns the value if it is sound, and throws an error that names the option, what it may
 * be and what it is.
 *
 * @module
 */

import { nearest } from "./nearest.ts";

/** The names of an object's options. The compiler refuses a list that lacks one or has one too many. */
export type OptionNames<T> = { readonly [K in keyof Required<T>]: true };

/**
 * Refuses what is no object, and options that do not exist: a caller that sets one relies on it. `path` is where the object
 * stands (`retry`), `subject` what it is an option of.
 *
 * @throws {TypeError} with the nearest name
 */
export function checkNames(
  options: unknown,
  names: Readonly<Record<string, true>>,
  { subject = "option", path = "" }: { subject?: string; path?: string },
): void {
  checkRecord(path || plural(subject), options);
  // Inherited ones too: they are read like others.
  for (const name in options as object) if (!Object.hasOwn(names, name)) refuse(name, names, subject, path);
}

/** @throws {TypeError} if it is no object, or one of a class that holds something else */
export function checkRecord(name: string, value: unknown): void {
  // The usual case, at a fraction of the time that the other takes: options come with each call.
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return;
  }
  if (Object.prototype.toString.call(value) === "[object Object]") return;
  throw new TypeError(`${name} must be an object, got ${shown(value)}`);
}

function refuse(name: string, names: object, subject: string, path: string): never {
  const inside = (name: string) => path ? `${path}.${name}` : name;
  const near = nearest(name, Object.keys(names));
  const advice = near ? `did you mean ${inside(near)}?` : `there are ${Object.keys(names).join(", ")}`;
  throw new TypeError(`${inside(name)} is no ${subject}: ${advice}`);
}

/** `task option` → `Task options`. */
function plural(subject: string): string {
  const all = subject.replace("option", "options");
  return all[0].toUpperCase() + all.slice(1);
}

/** A value as a message names it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const [, kind] = Object.prototype.toString.call(value).match(/^\[object (.*)\]$/)!;
  return /^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** @throws {RangeError} if it is no whole number from `least` to `most` */
export function count(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  const isTooMuch = Number.isInteger(value) && (value as number) > most;
  const bound = isTooMuch ? `at most ${most}` : `at least ${least}`;
  throw new RangeError(`${name} must be a whole number of ${bound}, got ${shown(value)}`);
}

/** @throws {RangeError} if it is no time in milliseconds */
export function time(name: string, value: unknown, least = 0): number {
  if (typeof value === "number" && value >= least) return value;
  throw new RangeError(`${name} must be a number of milliseconds, ${least} or more, got ${shown(value)}`);
}

/** @throws {RangeError} if it is no number greater than 0 */
export function positive(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0) return value;
  const what = typeof value === "number" ? "" : "a number ";
  throw new RangeError(`${name} must be ${what}greater than 0, got ${shown(value)}`);
}

/** @throws {RangeError} if it is no number from `least` to `most` */
export function inRange(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${name} must be a number, ${range}, got ${shown(value)}`);
}

/** @throws {RangeError} if it is no finite number */
export function finite(name: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw new RangeError(`${name} must be a finite number, got ${shown(value)}`);
}

/** @throws {TypeError} if it is none of these words */
export function oneOf<T extends string>(name: string, value: unknown, words: T[]): T {
  if (words.includes(value as T)) return value as T;
  throw new TypeError(
    `${name} must be ${words.map((word) => `"${word}"`).join(" or ")}, got ${
      typeof value === "string" ? value : shown(value)
    }`,
  );
}

/** @throws {TypeError} if it is neither true nor false */
export function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} must be true or false, got ${shown(value)}`);
}

/** @throws {TypeError} if it is no signal */
export function signalOf(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new TypeError(
    `${name} must be an AbortSignal (of an AbortController: its \`signal\`), got ${shown(value)}`,
  );
}

/** @throws {TypeError} if it is no function */
export function functionOf<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw new TypeError(`${name} must be a function, got ${shown(value)}`);
}

/** @throws {TypeError} if it is neither a string nor a number, or NaN, which equals nothing */
export function keyOf(name: string, value: unknown): string | number | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new TypeError(`${name} must be a string or a number, got ${shown(value)}`);
}

/** @throws {TypeError} if it is no text */
export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new TypeError(`${name} must be a string, got ${shown(value)}`);
}

/** @throws {TypeError} if it is no array */
export function listOf<T>(name: string, value: T[] | undefined): T[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new TypeError(`${name} must be an array, got ${shown(value)}`);
}

/** @throws {TypeError} if it is no array of strings */
export function textsOf(name: string, value: unknown): string[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"))) {
    return value;
  }
  throw new TypeError(`${name} must be an array of strings, got ${shown(value)}`);
}

/** @throws {TypeError} if it cannot be iterated over */
export function iterableOf<T>(name: string, value: T): T {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value);
  if (typeof sync === "function" || typeof async === "function") return value;
  throw new TypeError(`${name} must be an iterable or an async iterable, got ${shown(value)}`);
}
