/**
 * A compact set of values by their content: which inputs are known already. It keeps 64 bits of a value's SHA-256, and so takes
 * 17 to 34 bytes a value.
 */

import { KeyTable } from "./key_table.ts";
import { hashText } from "./sha256.ts";

export class Distinct {
  readonly #table = new KeyTable();

  /** Adds the content of a value. Returns whether it is new. */
  add(content: string): boolean {
    const hash = hashText(content);
    return this.#table.count(hash[0], hash[1]) === 1;
  }
}

/** Numbers the values whose content cannot be written as text. */
let others = 0;

/**
 * The content of a value as text. Two values have the same content if they are equal, in whatever order objects have their keys,
 * and maps and sets their entries. A function, or an object of the platform, equals only itself.
 */
export function contentOf(value: unknown): string {
  return textOf(value, []);
}

/**
 * Calls few functions per level of nesting, because a value may have a thousand levels.
 *
 * @param around the objects that contain the value, from the outermost on
 */
function textOf(value: unknown, around: object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "0" : String(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : textOfObject(value, around);
    case "boolean":
    case "undefined":
      return String(value);
    default:
      return `?${others++}`;
  }
}

function textOfObject(value: object, around: object[]): string {
  const depth = around.indexOf(value);
  if (depth >= 0) return `^${depth}`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return `RegExp(${value},${value.lastIndex})`;
  if (value instanceof ArrayBuffer) return textOfBytes("ArrayBuffer", new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return textOfBytes(value.constructor.name, new Uint8Array(buffer, byteOffset, byteLength));
  }
  const parts: string[] = [];
  let name = "";
  around.push(value);
  if (value instanceof Map) {
    name = "Map";
    for (const [key, content] of value) parts.push(`${textOf(key, around)}:${textOf(content, around)}`);
  } else if (value instanceof Set) {
    name = "Set";
    for (const element of value) parts.push(textOf(element, around));
  } else if (Array.isArray(value) && Object.keys(value).length === value.length) {
    for (const element of value) parts.push(textOf(element, around));
    around.pop();
    return `[${parts.join(",")}]`;
  } else {
    name = nameOf(value);
    if (value instanceof Error) {
      for (const part of [value.name, value.message, value.cause]) parts.push(textOf(part, around));
    }
    for (const key of Object.keys(value)) {
      parts.push(`${JSON.stringify(key)}:${textOf((value as Record<string, unknown>)[key], around)}`);
    }
  }
  around.pop();
  return `${name}{${parts.sort().join(",")}}`;
}

/** The name of an object whose content is in its fields. An object of the platform equals only itself. */
function nameOf(value: object): string {
  // With holes, or with fields beside its elements.
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (value instanceof Error) return "Error";
  return Object.prototype.toString.call(value) === "[object Object]" ? "" : `?${others++}`;
}

/** One character for each byte. As a list of numbers, 130 MB would exceed the maximum length of a string. */
function textOfBytes(name: string, bytes: Uint8Array): string {
  return `${name}(${bytes.length}:${new TextDecoder("latin1").decode(bytes)})`;
}
