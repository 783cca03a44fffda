/**
 * Checks of single options. Each returns the value if it is valid. Otherwise it throws an error that names the option, the values
 * that it takes, and the value that it got.
 */

import { nearest } from "./nearest.ts";

/** The names of an object's options. The compiler refuses a list with a missing or an additional name. */
export type OptionNames<T> = { readonly [K in keyof Required<T>]: true };

/**
 * Refuses a value that is no object, and options that do not exist, because a caller that sets an option relies on it.
 *
 * @param place `path`: the name of the object, such as `retry`. `subject`: the kind of option, for the message.
 * @throws {TypeError} if an option does not exist, with the nearest name; or if the value is no object
 */
export function checkNames(
  options: unknown,
  names: Readonly<Record<string, true>>,
  place: { subject?: string; path?: string },
): void {
  const { subject = "option", path = "" } = place;
  checkRecord(path || plural(subject), options);
  // Inherited options too, because they are read like others.
  for (const name in options as object) if (!Object.hasOwn(names, name)) refuse(name, names, subject, path);
}

/** @throws {TypeError} if the value is no object, or an object of another kind, such as an array */
export function checkRecord(name: string, value: unknown): void {
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

/** The name of a value in a message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  const [, kind] = Object.prototype.toString.call(value).match(/^\[object (.*)\]$/)!;
  return /^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** @throws {RangeError} if the value is no whole number from `least` to `most` */
export function count(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  const isTooMuch = Number.isInteger(value) && (value as number) > most;
  const bound = isTooMuch ? `at most ${most}` : `at least ${least}`;
  throw new RangeError(`${name} must be a whole number of ${bound}, got ${shown(value)}`);
}

/** @throws {RangeError} if the value is no number of milliseconds */
export function time(name: string, value: unknown, least = 0): number {
  if (typeof value === "number" && value >= least) return value;
  throw new RangeError(`${name} must be a number of milliseconds, ${least} or more, got ${shown(value)}`);
}

/** @throws {RangeError} if the value is no number greater than 0 */
export function positive(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0) return value;
  const what = typeof value === "number" ? "" : "a number ";
  throw new RangeError(`${name} must be ${what}greater than 0, got ${shown(value)}`);
}

/** @throws {RangeError} if the value is no number from `least` to `most` */
export function inRange(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`${name} must be a number, ${range}, got ${shown(value)}`);
}

/** @throws {RangeError} if the value is no finite number */
export function finite(name: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw new RangeError(`${name} must be a finite number, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is none of the words */
export function oneOf<T extends string>(name: string, value: unknown, words: T[]): T {
  if (words.includes(value as T)) return value as T;
  throw new TypeError(
    `${name} must be ${words.map((word) => `"${word}"`).join(" or ")}, got ${
      typeof value === "string" ? value : shown(value)
    }`,
  );
}

/** @throws {TypeError} if the value is neither true nor false */
export function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} must be true or false, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is no signal */
export function signalOf(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new TypeError(
    `${name} must be an AbortSignal (of an AbortController: its \`signal\`), got ${shown(value)}`,
  );
}

/** @throws {TypeError} if the value is no function */
export function functionOf<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw new TypeError(`${name} must be a function, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is neither a string nor a number, or is NaN, which equals no other key */
export function keyOf(name: string, value: unknown): string | number | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new TypeError(`${name} must be a string or a number, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is no string */
export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new TypeError(`${name} must be a string, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is no array */
export function listOf<T>(name: string, value: T[] | undefined): T[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new TypeError(`${name} must be an array, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is no array of strings */
export function textsOf(name: string, value: unknown): string[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"))) {
    return value;
  }
  throw new TypeError(`${name} must be an array of strings, got ${shown(value)}`);
}

/** @throws {TypeError} if the value is not iterable */
export function iterableOf<T>(name: string, value: T): T {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value);
  if (typeof sync === "function" || typeof async === "function") return value;
  throw new TypeError(`${name} must be an iterable or an async iterable, got ${shown(value)}`);
}
