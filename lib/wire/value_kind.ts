/**
 * Classifies values by how the structured clone treats them: which objects it copies whole, which by their fields, and
 * which it would silently change. Platforms differ: in Deno, a `URL` inside an object arrives in a thread as `{}`. In a
 * process, every platform object does.
 */

import { getPrototypeOf, hasOwn, isArray, keysOf, Object, setHas, tagOf, uncurried } from "./intrinsics.ts";
import { bufferOf } from "./view_facts.ts";

/** The boundary that a value crosses. `"thread"`: a port within one process. `"process"`: bytes between processes. */
export type Boundary = "thread" | "process";

/** The reason why an object cannot be sent. */
interface Misfit {
  /** The reason, in words that follow the object's place: `is a Headers`. */
  what: string;
  /** The value to send instead. */
  instead?: string;
}

/**
 * `"whole"`: the clone is equal. `"fields"`: the own enumerable fields are copied, and the class is lost. The platform changes an `"error"`
 * (it loses fields and its class) and a `"regexp"` whose `lastIndex` is not 0. For a `"view"`, it copies the whole buffer.
 */
type ValueKind = "array" | "fields" | "map" | "set" | "error" | "regexp" | "view" | "whole" | Misfit;

const { getOwnPropertyDescriptor, getOwnPropertySymbols } = Object;
const { structuredClone, ArrayBuffer, Date, Error, Map, RegExp, Set, SharedArrayBuffer, WeakMap, WeakSet } =
  globalThis;
const { isView } = ArrayBuffer;
// A task may replace the name `globalThis`.
const realm = globalThis as Record<string, unknown>;
const weakMapGet = uncurried(WeakMap.prototype.get);
const weakMapSet = uncurried(WeakMap.prototype.set);
const weakSetHas = uncurried(WeakSet.prototype.has);
const weakSetAdd = uncurried(WeakSet.prototype.add);

/** The value to send instead, by the name of the class. */
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

/** Streams and ports, which can be moved to a thread. */
const MOVABLE = new Set(["ReadableStream", "WritableStream", "TransformStream", "MessagePort"]);

const isDeno = "Deno" in globalThis;

const namespaces = new WeakSet<object>([Math, JSON, Reflect, Atomics, Intl]);

/** The description of a symbol that each of Deno's platform objects has. */
const BRAND = "[[webidl.brand]]";

/** Whose class it is. Of another realm (node:vm), it may extend a class of that realm's language. */
type Verdict = "class" | "foreign" | "platform";

/** A class's verdict never changes, and a program has few classes. */
const verdicts = new WeakMap<object, Verdict>();

/** Prototypes whose objects were seen to keep their class in a clone. */
const cloned = new WeakSet<object>();

/** Returns the kind of an object. May throw the error of a proxy or a getter in user code. */
export function kindOf(value: object, boundary: Boundary): ValueKind {
  if (isArray(value)) return "array";
  const prototype = getPrototypeOf(value);
  if (isPlainPrototype(prototype)) {
    if (isNamespace(value)) return { what: `is ${tagOf(value)}` };
    return isDisguised(value) ? { what: "is an object of the platform with another prototype" } : "fields";
  }
  return builtInKind(value, boundary) ?? classKind(value, prototype, boundary);
}

/** Whether objects with this prototype have no class. Plain objects of another realm (node:vm) have none either. */
export function isPlainPrototype(prototype: object | null): boolean {
  return prototype === null || prototype === Object.prototype ||
    (getPrototypeOf(prototype) === null && nameOf(prototype) === "Object");
}

/**
 * Whether an object without a class is one of the platform whose prototype was replaced, such as a `Blob`. Its clone would be
 * empty or missing. Only its own symbols show it.
 */
function isDisguised(value: object): boolean {
  if (!hasSymbolsAlone(value)) return false;
  const symbols = getOwnPropertySymbols(value);
  for (let at = 0; at < symbols.length; at++) if (symbols[at].description === BRAND) return true;
  try {
    // Node returns undefined for such a value, and a port that receives one stays silent.
    return structuredClone(value) === undefined;
  } catch {
    return true;
  }
}

export function hasSymbolsAlone(value: object): boolean {
  return keysOf(value).length === 0 && getOwnPropertySymbols(value).length > 0;
}

/** Whether the value is an object of the language without a class and without fields to copy, such as `Math`. */
export function isNamespace(value: object): boolean {
  return weakSetHas(namespaces, value);
}

/** Whether the prototype belongs to a user's class of this realm that does not extend a class of the platform. */
export function isUserClass(prototype: object): boolean {
  return verdictOf(prototype) === "class";
}

/** Returns the kind of an object of the language, other than arrays and plain objects. */
function builtInKind(value: object, boundary: Boundary): ValueKind | undefined {
  if (isView(value)) {
    return boundary === "process" && isShared(bufferOf(value))
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
  if (isShared(value)) {
    return boundary === "process"
      ? shared("a SharedArrayBuffer")
      : withoutFields(value, "SharedArrayBuffer") ?? "whole";
  }
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

/** Returns the misfit of a built-in object with own fields, which the clone would lose. */
function withoutFields(value: object, name: string): Misfit | undefined {
  const own = keysOf(value);
  // A String's own keys are its characters, followed by other keys.
  const at = name === "String" ? (value as unknown as string).length : 0;
  if (at >= own.length) return undefined;
  return { what: `is ${article(name)} with a property of its own (${own[at]}), which would be lost` };
}

function classKind(value: object, prototype: object, boundary: Boundary): ValueKind {
  const hasFields = keysOf(value).length > 0;
  if (hasFields && verdictOf(prototype) !== "platform") return "fields";
  const name = platformName(prototype) ?? (nameOf(prototype) || tagOf(value));
  // Before the platform is asked: Node crashes when it clones a port that was closed.
  if (setHas(MOVABLE, name)) {
    return boundary === "process" ? { what: `is ${article(name)}`, instead: INSTEAD[name] } : {
      what: `is ${article(name)}, which is moved or not sent`,
      instead: "it with `transfer`, or what it holds",
    };
  }
  if (boundary === "thread" && keepsItsClass(value, prototype, hasFields)) {
    return withoutFields(value, name) ?? "whole";
  }
  if (verdictOf(prototype) === "platform" || tagOf(value) !== "Object") {
    return { what: `is ${article(name)}`, instead: INSTEAD[name] };
  }
  return { what: `is ${article(name)}, which has no public fields`, instead: "a plain object" };
}

/** Whether the platform's own clone keeps the object's class. */
function keepsItsClass(value: object, prototype: object, hasFields: boolean): boolean {
  if (weakSetHas(cloned, prototype)) return true;
  // Its fields would be cloned, too, and may be ports.
  if (hasFields) return false;
  // Deno rebuilds an object of a Node module only where that module has been loaded. Such classes have no tag.
  if (isDeno && tagOf(value) === "Object") return false;
  try {
    // Node 22 clones a File to a Blob.
    const ours = getPrototypeOf(structuredClone(value));
    if (isPlainPrototype(ours) || platformName(ours) !== platformName(prototype)) return false;
  } catch {
    return false;
  }
  weakSetAdd(cloned, prototype);
  return true;
}

function verdictOf(prototype: object): Verdict {
  const known = weakMapGet(verdicts, prototype) as Verdict | undefined;
  if (known) return known;
  const verdict = platformName(prototype) !== undefined
    ? "platform"
    : isForeign(prototype)
    ? "foreign"
    : "class";
  weakMapSet(verdicts, prototype, verdict);
  return verdict;
}

function isForeign(prototype: object): boolean {
  let root = prototype;
  for (let at: object | null = prototype; at !== null; at = getPrototypeOf(at)) root = at;
  return root !== Object.prototype && isPlainPrototype(root) && root !== prototype;
}

/** Returns the name of the nearest platform class of objects with this prototype. */
function platformName(prototype: object | null): string | undefined {
  for (let at = prototype; at !== null && !isPlainPrototype(at); at = getPrototypeOf(at)) {
    const name = nameOf(at);
    // Reads only the global with that name, because reading others may load them.
    if (
      name && hasOwn(realm, name) && realm[name] === constructorOf(at)
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

/** Whether the value is an Error. An error of another realm (node:vm) is not an instance of this realm's `Error`. */
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

/** Calls that succeed only on a genuine object of the class. */
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
