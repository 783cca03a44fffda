/**
 * What a value is to the structured clone: which objects it copies whole, which by their content, and which it
 * would change without a word. Platforms differ: a `URL` inside an object arrives as `{}` in a thread of Deno, and
 * every platform object does in a process.
 *
 * @module
 */

import { getPrototypeOf, hasOwn, isArray, keysOf, Object, tagOf, uncurried } from "./intrinsics.ts";

/** What a value crosses: `"thread"` stands for a port within one process, `"process"` for bytes. */
export type Boundary = "thread" | "process";

/** An object that cannot cross. */
export interface Misfit {
  /** Why, in words that follow its place: `is a Headers`. */
  what: string;
  /** What to send instead. */
  instead?: string;
}

/**
 * `"whole"`: it crosses as it is. `"fields"`: its own enumerable fields cross, and its class does not. The platform
 * changes an `"error"` (it loses fields and its class) and a `"regexp"` whose `lastIndex` is not 0; a `"view"` takes
 * all of its buffer along.
 */
export type ValueKind = "array" | "fields" | "map" | "set" | "error" | "regexp" | "view" | "whole" | Misfit;

const { getOwnPropertyDescriptor } = Object;
const { structuredClone, ArrayBuffer, Date, Error, Map, RegExp, Set, SharedArrayBuffer, WeakMap, WeakSet } =
  globalThis;
const { isView } = ArrayBuffer;
const weakMapGet = uncurried(WeakMap.prototype.get);
const weakMapSet = uncurried(WeakMap.prototype.set);
const weakSetHas = uncurried(WeakSet.prototype.has);
const weakSetAdd = uncurried(WeakSet.prototype.add);
const setHas = uncurried(Set.prototype.has);

/** What to send instead, by the name of the class. */
const INSTEAD: Record<string, string> = {
  __proto__: null as never,
  URL: "its href",
  URLSearchParams: "String(params)",
  Headers: "[...headers]",
  FormData: "[...form]",
  Response: "what it holds, as by await response.bytes(),",
  Request: "what it holds, as by await request.bytes(),",
  Blob: "await blob.arrayBuffer()",
  File: "await file.arrayBuffer()",
  ReadableStream: "await new Response(stream).bytes()",
  AbortSignal: "nothing: a task has context.signal",
  AbortController: "nothing: a task has context.signal",
  Promise: "what it resolves with",
  SharedArrayBuffer: "a copy of its bytes",
  Symbol: "its description",
};

/** Streams and ports cross a thread's boundary if they are moved. */
const MOVABLE = new Set(["ReadableStream", "WritableStream", "TransformStream", "MessagePort"]);

const namespaces = new WeakSet<object>([Math, JSON, Reflect, Atomics, Intl]);

/** A class's verdict never changes, and a program has few of them. */
const verdicts = new WeakMap<object, "class" | "platform">();

/** Prototypes of which an object has crossed to a thread with its class. */
const cloned = new WeakSet<object>();

/** Tells what an object is. May throw what a proxy or a getter of the user's throws. */
export function kindOf(value: object, boundary: Boundary): ValueKind {
  if (isArray(value)) return "array";
  const prototype = getPrototypeOf(value);
  if (isPlainPrototype(prototype)) return isNamespace(value) ? { what: `is ${tagOf(value)}` } : "fields";
  return builtInKind(value, boundary) ?? classKind(value, prototype, boundary);
}

/** Whether objects with this prototype have no class. Those of another realm (node:vm) have none either. */
export function isPlainPrototype(prototype: object | null): boolean {
  return prototype === null || prototype === Object.prototype ||
    (getPrototypeOf(prototype) === null && nameOf(prototype) === "Object");
}

/** Whether it is an object of the language's that has no class, and no fields that would cross. */
export function isNamespace(value: object): boolean {
  return weakSetHas(namespaces, value);
}

/** Whether the prototype is of a class of the user's that extends no class of the platform's. */
export function isUserClass(prototype: object): boolean {
  return verdictOf(prototype) === "class";
}

/** What the language itself has, besides arrays and plain objects. */
function builtInKind(value: object, boundary: Boundary): ValueKind | undefined {
  if (isView(value)) {
    return boundary === "process" && isShared(value.buffer)
      ? shared("a view of a SharedArrayBuffer")
      : "view";
  }
  const tag = tagOf(value);
  if (isError(value, tag)) return "error";
  if (isOf(value, tag, "Map", Map)) return withoutFields(value, "Map") ?? "map";
  if (isOf(value, tag, "Set", Set)) return withoutFields(value, "Set") ?? "set";
  if (isOf(value, tag, "Date", Date)) return withoutFields(value, "Date") ?? "whole";
  if (isOf(value, tag, "RegExp", RegExp)) return withoutFields(value, "RegExp") ?? "regexp";
  if (isOf(value, tag, "ArrayBuffer", ArrayBuffer)) return withoutFields(value, "ArrayBuffer") ?? "whole";
  if (isShared(value)) return boundary === "process" ? shared("a SharedArrayBuffer") : "whole";
  return wrapperKind(value, tag);
}

function wrapperKind(value: object, tag: string): ValueKind | undefined {
  switch (tag) {
    case "Number":
    case "Boolean":
    case "BigInt":
      return isWrapper(value, tag) ? withoutFields(value, tag) ?? "whole" : undefined;
    case "String":
      if (!isWrapper(value, tag)) return undefined;
      return keysOf(value).length > (value as unknown as string).length ? withoutFields(value, tag) : "whole";
  }
}

function shared(what: string): Misfit {
  return { what: `is ${what}, and a process shares no memory`, instead: INSTEAD.SharedArrayBuffer };
}

/** Fields of its own are lost with a built-in object: of those it is asked here. */
function withoutFields(value: object, name: string): Misfit | undefined {
  const own = keysOf(value);
  // Those of a String are its characters, and then come others.
  const first = own[name === "String" ? (value as unknown as string).length : 0];
  if (first === undefined) return undefined;
  return { what: `is ${article(name)} with a property of its own (${first}), which would be lost` };
}

/** An object of a class: the user's, or the platform's. */
function classKind(value: object, prototype: object, boundary: Boundary): ValueKind {
  const hasFields = keysOf(value).length > 0;
  if (hasFields && verdictOf(prototype) === "class") return "fields";
  const name = platformName(prototype) ?? (nameOf(prototype) || tagOf(value));
  if (boundary === "thread" && keepsItsClass(value, prototype)) return withoutFields(value, name) ?? "whole";
  if (verdictOf(prototype) === "platform" || tagOf(value) !== "Object") {
    if (boundary === "thread" && setHas(MOVABLE, name)) {
      return {
        what: `is ${article(name)}, which is moved or not sent`,
        instead: "it with `transfer`, or what it holds",
      };
    }
    return { what: `is ${article(name)}`, instead: INSTEAD[name] };
  }
  return { what: `is ${article(name)}, which has no public fields`, instead: "a plain object" };
}

/** Whether the platform's own clone of it is more than a plain object. */
function keepsItsClass(value: object, prototype: object): boolean {
  if (weakSetHas(cloned, prototype)) return true;
  try {
    // Node 22 makes a Blob of a File.
    const ours = getPrototypeOf(structuredClone(value));
    if (isPlainPrototype(ours) || platformName(ours) !== platformName(prototype)) return false;
  } catch {
    return false;
  }
  weakSetAdd(cloned, prototype);
  return true;
}

function verdictOf(prototype: object): "class" | "platform" {
  const known = weakMapGet(verdicts, prototype) as "class" | "platform" | undefined;
  if (known) return known;
  const verdict = platformName(prototype) === undefined ? "class" : "platform";
  weakMapSet(verdicts, prototype, verdict);
  return verdict;
}

/** The name of the nearest class of the platform's that objects with this prototype are of. */
function platformName(prototype: object | null): string | undefined {
  for (let at = prototype; at !== null && !isPlainPrototype(at); at = getPrototypeOf(at)) {
    const name = nameOf(at);
    // Only the global of that name: to look at others may load them.
    if (
      name && hasOwn(globalThis, name) && (globalThis as Record<string, unknown>)[name] === constructorOf(at)
    ) {
      return name;
    }
  }
}

function constructorOf(prototype: object): unknown {
  return getOwnPropertyDescriptor(prototype, "constructor")?.value;
}

function nameOf(prototype: object): string {
  const constructor = constructorOf(prototype);
  return typeof constructor === "function" ? `${constructor.name}` : "";
}

/** Whether it is an Error; one of another realm (node:vm) is no instance of ours. */
function isError(value: object, tag: string): boolean {
  return value instanceof Error || tag === "Error" || tag === "DOMException";
}

function isOf(
  value: object,
  tag: string,
  name: string,
  constructor: new (...args: never[]) => object,
): boolean {
  return (tag === name || value instanceof constructor) && isGenuine(value, name);
}

/** What only a genuine object of the class answers. */
const ASK: Record<string, (value: object) => unknown> = {
  Map: asking(Map.prototype, "size"),
  Set: asking(Set.prototype, "size"),
  Date: calling(Date.prototype.getTime),
  RegExp: asking(RegExp.prototype, "source"),
  ArrayBuffer: asking(ArrayBuffer.prototype, "byteLength"),
  Number: calling(Number.prototype.valueOf),
  Boolean: calling(Boolean.prototype.valueOf),
  BigInt: calling(BigInt.prototype.valueOf),
  String: calling(String.prototype.valueOf),
};

function asking(prototype: object, getter: string): (value: object) => unknown {
  return calling(getOwnPropertyDescriptor(prototype, getter)!.get!);
}

function calling(method: () => unknown): (value: object) => unknown {
  return uncurried(method);
}

function isGenuine(value: object, name: string): boolean {
  try {
    ASK[name](value);
    return true;
  } catch {
    return false;
  }
}

const isWrapper = isGenuine;

function isShared(value: unknown): boolean {
  return typeof SharedArrayBuffer !== "undefined" && tagOf(value as object) === "SharedArrayBuffer" &&
    value instanceof SharedArrayBuffer;
}

function article(name: string): string {
  return `${/^[AEIOU]/i.test(name) && !name.startsWith("U") ? "an" : "a"} ${name}`;
}
