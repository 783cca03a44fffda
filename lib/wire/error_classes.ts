/**
 * The error classes that both sides of a boundary have: the language's, the runtime's, and polyloop's. An error is sent
 * with the name of its nearest class among these.
 */

import {
  ExecutorClosedError,
  ModuleLoadError,
  QueueFullError,
  TaskCloneError,
  TaskInputError,
  TaskNotFoundError,
  TaskTimeoutError,
  WorkerLostError,
} from "../errors.ts";
import { createObject, getPrototypeOf, hasOwn, setOwn } from "./intrinsics.ts";

/** The name of `DOMException`. Such an error is made by its constructor, because its message and name are not own properties. */
export const DOM_EXCEPTION = "DOMException";

interface ErrorClass {
  prototype: Error;
}

/** Classes that some runtimes lack. */
const { Deno, WebAssembly, SuppressedError } = globalThis as unknown as {
  Deno?: { errors: Record<string, ErrorClass> };
  WebAssembly?: Record<string, ErrorClass>;
  SuppressedError?: ErrorClass;
};

const { DOMException } = globalThis;

const byName: Record<string, object> = createObject(null);
const byPrototype = new Map<object, string>();

for (
  const ours of [
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    AggregateError,
    ExecutorClosedError,
    ModuleLoadError,
    QueueFullError,
    TaskCloneError,
    TaskInputError,
    TaskNotFoundError,
    TaskTimeoutError,
    WorkerLostError,
  ]
) add(ours.name, ours);
add("SuppressedError", SuppressedError);
for (const name of ["CompileError", "LinkError", "RuntimeError"]) {
  add(`WebAssembly.${name}`, WebAssembly?.[name]);
}
for (const name of Object.keys(Deno?.errors ?? {})) add(`Deno.errors.${name}`, Deno!.errors[name]);
if (DOMException) byPrototype.set(DOMException.prototype, DOM_EXCEPTION);

function add(name: string, errorClass: ErrorClass | undefined): void {
  if (!errorClass) return;
  setOwn(byName, name, errorClass.prototype);
  byPrototype.set(errorClass.prototype, name);
}

const get = byPrototype.get.bind(byPrototype);

/** Returns the name of the nearest class in the prototype chain that the other side should have, too. */
export function classOf(error: object): string {
  for (let at = getPrototypeOf(error); at !== null; at = getPrototypeOf(at)) {
    const name = get(at);
    if (name !== undefined) return name;
  }
  return foreignClassOf(error);
}

/** Returns the class of an error of another realm (node:vm): the prototypes of the language's errors have names. */
function foreignClassOf(error: object): string {
  for (let at = getPrototypeOf(error); at !== null; at = getPrototypeOf(at)) {
    const name = hasOwn(at, "name") && (at as Error).name;
    if (typeof name === "string" && name in byName) return name;
  }
  return "Error";
}

/** Returns the prototype for a class name. Returns that of `Error` if this side lacks the class. */
export function prototypeOf(name: string): object {
  return byName[name] ?? Error.prototype;
}
