/**
 * A compact set of values by their content: which inputs are known already. It keeps 64 bits of a value's SHA-256, and so takes
 * 17 to 34 bytes a value.
 *
 * @module
 */

import { KeyTable } from "./key_table.ts";
import { hashText } from "./sha256.ts";

/** The contents that were added. */
export class Distinct {
  readonly #table = new KeyTable();

  /** Adds the content of a value. Returns whether it is new. */
  add(content: string): boolean {
    const hash = hashText(content);
    return this.#table.count(hash[0], hash[1]) === 1;
  }
}

/** Gives each value that has no text its own content. */
let others = 0;

/**
 * The content of a value as text. Two values have the same content if they are equal, in whatever order objects have their keys,
 * and maps and sets their entries. A function, or an object of the platform, equals only itself.
 */
export function contentOf(value: unknown): string {
  return textOf(value, []);
}

/** @param around the objects that contain the value, from the outermost on */
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
  around.push(value);
  const text = textOfParts(value, (part) => textOf(part, around));
  around.pop();
  return text;
}

function textOfParts(value: object, of: (part: unknown) => string): string {
  if (Array.isArray(value)) return `[${value.map(of).join(",")}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return `RegExp(${value})`;
  if (value instanceof Map) return `Map(${[...value].map((entry) => of(entry)).sort().join(",")})`;
  if (value instanceof Set) return `Set(${[...value].map(of).sort().join(",")})`;
  if (value instanceof Error) return `Error(${[value.name, value.message, value.cause].map(of).join(",")})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${new Uint8Array(value)})`;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return `${value.constructor.name}(${new Uint8Array(buffer, byteOffset, byteLength)})`;
  }
  const tag = Object.prototype.toString.call(value);
  if (tag !== "[object Object]") return `?${others++}`;
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${of(field)}`);
  return `{${fields.sort().join(",")}}`;
}
