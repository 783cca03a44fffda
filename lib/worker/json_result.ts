/**
 * Results → JSON text. What JSON would change without a word fails, and the message names its place; what JSON is known
 * to leave out (a key whose value is `undefined`, names of symbols) is left out: `polyloop help formats` has the list.
 *
 * @module
 */

import { inHeaderOrder } from "../wire/key_order.ts";

/** What to do instead, by the tag that JavaScript gives such values. */
const ADVICE: Record<string, string> = {
  Map: "; Object.fromEntries(map) can",
  Set: "; [...set] can",
  WeakMap: "",
  WeakSet: "",
  Error: "; throw it, or return its message",
  RegExp: "; its source can",
  Promise: "; await it",
  ArrayBuffer: "; [...new Uint8Array(buffer)] can, or a base64 text",
  SharedArrayBuffer: "; [...new Uint8Array(buffer)] can, or a base64 text",
  DataView: "; [...new Uint8Array(view.buffer)] can, or a base64 text",
  Blob: "; await blob.text() can",
  File: "; await file.text() can",
  Response: "; await response.json() can, or .text()",
  Request: "; await request.json() can, or .text()",
  Headers: "; Object.fromEntries(headers) can",
  URLSearchParams: "; String(params) can",
  FormData: "; Object.fromEntries(form) can",
  ReadableStream: "; await new Response(stream).text() can",
  BigInt: "; String(value) can",
};

/** JSON has no word for `undefined`; a task that returns nothing gets a `null`, so that each input has its line. */
export function toJson(result: unknown, columns?: string[]): string {
  if (result === undefined) return "null";
  const text = stringify(result, columns);
  // JSON.stringify has been through it, so it has no circle.
  check(result, undefined);
  return text;
}

function stringify(result: unknown, columns: string[] | undefined): string {
  let text: string | undefined;
  try {
    text = columns ? inOrder(result, columns) : JSON.stringify(result);
  } catch (error) {
    // What is wrong is told with its place, if it is one of ours.
    if (error instanceof TypeError) findBigInt(result);
    throw error;
  }
  if (text === undefined) throw new TypeError(`a ${typeof result} cannot be written as JSON`);
  return text;
}

/** With the keys where the input's header has them. */
function inOrder(result: unknown, columns: string[]): string | undefined {
  if (!isObject(result) || Array.isArray(result) || typeof result.toJSON === "function") {
    return JSON.stringify(result);
  }
  const keys = Object.keys(result);
  const ordered = inHeaderOrder(keys, columns);
  if (ordered === keys) return JSON.stringify(result);
  const parts: string[] = [];
  for (const key of ordered) {
    const value = JSON.stringify(result[key]);
    if (value !== undefined) parts.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${parts.join(",")}}`;
}

/** Where a value is: a chain, because most are never asked for. */
interface Place {
  in: Place | undefined;
  at: string | number;
}

function check(value: unknown, place: Place | undefined): void {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) {
        throw misfit(place, `is ${value}, which JSON has no word for; null is one`);
      }
      return;
    case "function":
    case "symbol":
      throw misfit(place, `is a ${typeof value}, which cannot be written as JSON`);
    case "object":
      if (value !== null) checkObject(value as Record<string, unknown>, place);
  }
}

function checkObject(value: Record<string, unknown>, place: Place | undefined): void {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const element = value[at];
      if (isSuspect(element)) check(element, { in: place, at });
    }
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) checkInstance(value, prototype, place);
  else checkFields(value, place);
}

function checkFields(value: Record<string, unknown>, place: Place | undefined): void {
  for (const key in value) {
    const field = value[key];
    if (!isSuspect(field) || !Object.hasOwn(value, key)) continue;
    // Asked for only here: most objects have neither.
    if (typeof value.toJSON === "function") return checkJson(value, place);
    check(field, { in: place, at: key });
  }
}

/** Whether it has to be looked at; what most results consist of has not. */
function isSuspect(value: unknown): boolean {
  if (typeof value === "string" || value === null) return false;
  // Not so of infinities and NaN.
  if (typeof value === "number") return value - value !== 0;
  return value !== true && value !== false && value !== undefined;
}

/** What is no plain object has a place in JSON if it says which, or has fields of its own. */
function checkInstance(value: Record<string, unknown>, prototype: object, place: Place | undefined): void {
  if (typeof value.toJSON === "function") return checkJson(value, place);
  const tag = value instanceof Error ? "Error" : Object.prototype.toString.call(value).slice(8, -1);
  // Wrapped values are written as what they wrap.
  if (tag === "Number" || tag === "String" || tag === "Boolean") return check(value.valueOf(), place);
  if (ArrayBuffer.isView(value) && tag !== "DataView") {
    throw misfit(
      place,
      `is ${article(tag)}, which cannot be written as JSON; [...array] can, or a base64 text`,
    );
  }
  if (tag !== "Object") {
    throw misfit(place, `is ${article(tag)}, which cannot be written as JSON${ADVICE[tag] ?? ""}`);
  }
  // An object of another realm is as plain.
  if (Object.getPrototypeOf(prototype) === null || Object.keys(value).length > 0) {
    return checkFields(value, place);
  }
  const { name } = value.constructor ?? {};
  throw misfit(
    place,
    `is ${article(name || "object of a class")} without fields of its own that JSON could hold`,
  );
}

/** What an object says that it is in JSON. */
function checkJson(value: Record<string, unknown>, place: Place | undefined): void {
  if (value instanceof Date) {
    if (!Number.isNaN(value.getTime())) return;
    throw misfit(place, "is an invalid Date, which JSON has no word for; null is one");
  }
  const json = (value as unknown as { toJSON(key: string): unknown }).toJSON(place ? String(place.at) : "");
  // Once is enough: JSON does not ask what comes back again.
  if (!isObject(json) || typeof json.toJSON !== "function") check(json, place);
}

/** JSON.stringify has found one, or a circle, and does not say where. */
function findBigInt(value: unknown, place?: Place, above: Set<unknown> = new Set()): void {
  if (typeof value === "bigint") {
    throw misfit(place, `is a BigInt, which cannot be written as JSON${ADVICE.BigInt}`);
  }
  if (!isObject(value) || typeof value.toJSON === "function" || above.has(value)) return;
  above.add(value);
  for (const key of Object.keys(value)) {
    findBigInt(value[key], { in: place, at: Array.isArray(value) ? Number(key) : key }, above);
  }
  above.delete(value);
}

/** `what` follows the place: `result.items[3] is NaN, …`. */
function misfit(place: Place | undefined, what: string): TypeError {
  if (place) return new TypeError(`${pathOf(place)} ${what}`);
  // A kind of thing needs no place.
  if (what.includes(", which cannot")) {
    return new TypeError(what.replace(/^is /, "").replace(", which cannot", " cannot"));
  }
  return new TypeError(`the result ${what}`);
}

function pathOf(place: Place | undefined): string {
  if (!place) return "result";
  const before = pathOf(place.in);
  if (typeof place.at === "number") return `${before}[${place.at}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(place.at)
    ? `${before}.${place.at}`
    : `${before}[${JSON.stringify(place.at)}]`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function article(name: string): string {
  return `${/^[AEIOU]/i.test(name) && !name.startsWith("U") ? "an" : "a"} ${name}`;
}
