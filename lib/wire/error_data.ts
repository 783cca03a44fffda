/**
 * What a task throws ↔ plain data that can be cloned. The platform's own clone of an Error loses own
 * properties, subclass names and stacks on some runtimes; this keeps them on all.
 *
 * @module
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
import { thrownText } from "./thrown_text.ts";

/** Something thrown, as plain data. */
export type ErrorData =
  | { kind: "value"; value: unknown }
  | {
    kind: "error";
    /** The built-in class, or ours, that it is an instance of. */
    class: string;
    name: string;
    message: string;
    stack: string | undefined;
    cause?: ErrorData;
    errors?: ErrorData[];
    /** Own enumerable properties. */
    properties?: Record<string, unknown>;
  };

/** An error's own messages and causes beyond this many are left out: they may go in circles. */
const MOST_ERRORS = 100;

/** What is sent as a field of its own. */
const WELL_KNOWN = new Set(["name", "message", "stack", "cause", "errors"]);

const CLASSES: Record<string, { prototype: Error }> = {
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
};

/** Takes apart what was thrown. Never throws, and what it returns can always be cloned. */
export function toErrorData(thrown: unknown): ErrorData {
  return takeApart(thrown, new Set());
}

/** `seen` are the errors met so far; one that is met again is not followed further. */
function takeApart(thrown: unknown, seen: Set<unknown>): ErrorData {
  try {
    if (!isError(thrown)) return { kind: "value", value: cloneable(thrown) };
    const followed = !seen.has(thrown) && seen.size < MOST_ERRORS;
    seen.add(thrown);
    return errorToData(thrown, followed ? seen : undefined);
  } catch {
    // A getter or a proxy of the user's threw while we looked at the error.
    return { kind: "value", value: "a thrown value that cannot be read" };
  }
}

function errorToData(error: Error, seen: Set<unknown> | undefined): ErrorData {
  const stack = read(() => error.stack);
  const data: ErrorData = {
    kind: "error",
    class: className(error),
    name: String(read(() => `${error.name}`) ?? "Error"),
    message: String(read(() => `${error.message}`) ?? ""),
    stack: typeof stack === "string" ? stack : undefined,
  };
  if (!seen) return data;
  const cause = read(() => error.cause);
  if (cause !== undefined) data.cause = takeApart(cause, seen);
  if (error instanceof AggregateError) {
    data.errors = Array.from(error.errors, (inner) => takeApart(inner, seen));
  }
  for (const key of Object.keys(error)) {
    if (WELL_KNOWN.has(key)) continue;
    const value = read(() => (error as unknown as Record<string, unknown>)[key]);
    if (typeof value === "function") continue;
    data.properties ??= {};
    // defineProperty, because a property may be called __proto__.
    Object.defineProperty(data.properties, key, {
      value: cloneable(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return data;
}

/** What a getter gives; nothing if it throws. */
function read(get: () => unknown): unknown {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Puts together what {@link toErrorData} took apart. */
export function fromErrorData(data: ErrorData): unknown {
  if (data.kind === "value") return data.value;
  const error = makeError(data);
  if (error.name !== data.name) define(error, "name", data.name);
  // After the constructor, because a stack made here would show our frames and not the task's.
  define(error, "stack", data.stack ?? `${data.name}: ${data.message}`);
  if (data.cause) define(error, "cause", fromErrorData(data.cause));
  for (const [key, value] of Object.entries(data.properties ?? {})) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

function makeError(data: ErrorData & { kind: "error" }): Error {
  if (data.class === "DOMException") {
    return new DOMException(data.message, data.name) as unknown as Error;
  }
  if (data.class === "AggregateError") {
    return new AggregateError((data.errors ?? []).map(fromErrorData), data.message);
  }
  const error = new Error(data.message);
  Object.setPrototypeOf(error, (CLASSES[data.class] ?? Error).prototype);
  return error;
}

/** The nearest class up the prototype chain that the other side has as well. */
function className(error: Error): string {
  if (error instanceof DOMException) return "DOMException";
  let prototype = Object.getPrototypeOf(error);
  while (prototype !== null) {
    const name = prototype.constructor?.name;
    if (Object.hasOwn(CLASSES, name) && CLASSES[name].prototype === prototype) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Error";
}

function isError(value: unknown): value is Error {
  // An Error of another realm (node:vm) is no instance of ours.
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** The value, if it can be cloned; else a text of what is in it. */
function cloneable(value: unknown): unknown {
  if (
    value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol")
  ) {
    return value;
  }
  if (isError(value)) return String(value);
  // Of an HTTP client's error they are what says when to try again.
  if (value instanceof Headers) return Object.fromEntries(value);
  try {
    // The clone itself, because a value with getters may clone once and not again.
    return structuredClone(value);
  } catch {
    return thrownText(value);
  }
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true });
}
