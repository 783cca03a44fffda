/**
 * Converts a thrown value to plain data, and back to an error. On some runtimes, the platform's own clone of an error
 * loses its own properties, the name of its subclass and its stack.
 */

import { attempt } from "./attempt.ts";
import { classOf, DOM_EXCEPTION, prototypeOf } from "./error_classes.ts";
import { hasOwn, isArray, keysOf, mapGet, mapSet, setOwn, setPrototypeOf } from "./intrinsics.ts";
import { isError, keepValue, newBudget } from "./kept_value.ts";
import { type Path, putAt } from "./path.ts";
import { thrownText, UNREADABLE } from "./thrown_text.ts";

/** A thrown value as plain data. */
export type ErrorData =
  | { kind: "value"; value: unknown; nested?: Nested[] }
  /** A reference to the error with this number. */
  | { kind: "again"; number: number }
  | {
    kind: "error";
    /** The nearest class that both sides have (`error_classes.ts`). */
    class: string;
    name: string;
    message: string;
    stack: string | undefined;
    /** The number for `"again"`. Set if the error occurs more than once in the same data. */
    number?: number;
    cause?: ErrorData;
    /** The `errors` of an `AggregateError`. */
    errors?: ErrorData[];
    /** Own enumerable properties. Nested errors are replaced by null. */
    properties?: Record<string, unknown>;
    /** The errors among the properties, each with its path. */
    nested?: Nested[];
  };

export type Nested = [path: Path, error: ErrorData];

/** Maximum number of errors whose properties and causes are followed. A chain of causes may be endless. */
const MOST_ERRORS = 100;

/** Properties that have their own field in the data. */
const WELL_KNOWN: Record<string, true> = {
  __proto__: null as never,
  name: true,
  message: true,
  stack: true,
  cause: true,
};

/** Properties of a `SuppressedError` that are not enumerable. */
const SUPPRESSED = ["error", "suppressed"];

/** The class of a `DOMException` with two fields that are not its own. Some runtimes lack it. */
const QUOTA_EXCEEDED = "QuotaExceededError";
const QUOTA = ["quota", "requested"];
const { [QUOTA_EXCEEDED]: QuotaExceededError } = globalThis as { [QUOTA_EXCEEDED]?: { prototype: object } };

const ObjectPrototype = Object.prototype as { cause?: unknown };

/** Stands for the value of a getter that throws. */
const UNREAD = Symbol("unread");

const { Map, DOMException, Error, AggregateError } = globalThis;

/** Returns a thrown value as plain data. Never throws, and the data can always be cloned. */
export function toErrorData(thrown: unknown): ErrorData {
  return attempt(() => new TakingApart().take(thrown), { kind: "value", value: UNREADABLE });
}

/** Converts one thrown value, with all errors that it contains. */
class TakingApart {
  readonly #budget = newBudget();
  readonly #seen = new Map<object, ErrorData & { kind: "error" }>();
  #followed = 0;
  #numbers = 0;

  take(thrown: unknown): ErrorData {
    if (!isError(thrown)) return this.#value(thrown);
    const seen = mapGet(this.#seen, thrown);
    if (seen) return { kind: "again", number: seen.number ??= ++this.#numbers };
    return this.#error(thrown);
  }

  #value(thrown: unknown): ErrorData {
    const kept = keepValue(thrown, this.#budget);
    if (!kept) return { kind: "value", value: thrownText(thrown) };
    const { errors } = kept;
    // The value's `toJSON()` has returned an error.
    if (errors.length > 0 && errors[0].path.length === 0) return this.take(errors[0].error);
    return { kind: "value", value: kept.value, nested: this.#nested(errors) };
  }

  #error(error: Error): ErrorData {
    const stack = attempt(() => error.stack);
    const ofClass = attempt(() => classOf(error), "Error");
    const name: unknown = attempt(() => error.name);
    const message: unknown = attempt(() => error.message);
    const data: ErrorData & { kind: "error" } = {
      kind: "error",
      class: ofClass,
      name: name === undefined || typeof name === "object" ? ofClass : thrownText(name),
      message: message === undefined ? "" : thrownText(message),
      stack: typeof stack === "string" ? stack : undefined,
      // All are set, because a task may add properties of their names to all objects.
      number: undefined,
      cause: undefined,
      errors: undefined,
      properties: undefined,
      nested: undefined,
    };
    if (this.#followed++ >= MOST_ERRORS) return data;
    mapSet(this.#seen, error, data);
    this.#addProperties(error, data);
    const cause = attempt(() => error.cause);
    const isOwn = attempt(() => hasOwn(error, "cause"), false);
    if (isOwn || (cause !== undefined && cause !== attempt(() => ObjectPrototype.cause))) {
      data.cause = this.take(cause);
    }
    return data;
  }

  #addProperties(error: Error, data: ErrorData & { kind: "error" }): void {
    const errors = data.class === "AggregateError"
      ? attempt(() => (error as AggregateError).errors)
      : undefined;
    const isList = attempt(() => isArray(errors), false);
    if (isList) data.errors = this.#list(errors as unknown[]);
    const own = attempt(() => keysOf(error), []);
    const fields = {};
    let isEmpty = true;
    const take = (key: string) => {
      const value = attempt(() => (error as unknown as Record<string, unknown>)[key], UNREAD);
      if (typeof value === "function" || typeof value === "symbol") return;
      setOwn(fields, key, value);
      isEmpty = false;
    };
    for (let at = 0; at < own.length; at++) {
      if (!(own[at] in WELL_KNOWN) && !(own[at] === "errors" && isList)) take(own[at]);
    }
    if (data.class === "AggregateError" && !isList) take("errors");
    if (data.name === QUOTA_EXCEEDED && data.class === DOM_EXCEPTION) {
      for (let at = 0; at < 2; at++) if (attempt(() => QUOTA[at] in error, false)) take(QUOTA[at]);
    }
    if (data.class === "SuppressedError") { for (let at = 0; at < 2; at++) take(SUPPRESSED[at]); }
    const kept = isEmpty ? undefined : keepValue(fields, this.#budget);
    if (!kept) return;
    data.properties = kept.value as Record<string, unknown>;
    data.nested = this.#nested(kept.errors);
  }

  /** Takes the errors of an `AggregateError`. By their keys, because an array of holes can have any length. */
  #list(errors: unknown[]): ErrorData[] {
    const keys = attempt(() => keysOf(errors), []);
    const list: ErrorData[] = [];
    for (let k = 0; k < keys.length; k++) {
      if (+keys[k] >= 0) list[list.length] = this.take(attempt(() => errors[+keys[k]]));
    }
    return list;
  }

  #nested(errors: { path: Path; error: object }[]): Nested[] | undefined {
    if (errors.length === 0) return undefined;
    const nested: Nested[] = [];
    for (let at = 0; at < errors.length; at++) nested[at] = [errors[at].path, this.take(errors[at].error)];
    return nested;
  }
}

/** Returns the thrown value that `data` describes. */
export function fromErrorData(data: ErrorData): unknown {
  return rebuilt(data, new Map());
}

/** `numbered` has the errors that were already made and occur more than once. */
function rebuilt(data: ErrorData, numbered: Map<number, unknown>): unknown {
  if (data.kind === "again") return mapGet(numbered, data.number);
  if (data.kind === "value") {
    putNested(data.value, data.nested, numbered);
    return data.value;
  }
  const error = makeError(data);
  if (data.number !== undefined) mapSet(numbered, data.number, error);
  if (attempt(() => error.name) !== data.name) setOwn(error, "name", data.name, false);
  // After the constructor, because the stack that it makes shows polyloop's frames and not the task's.
  setOwn(error, "stack", data.stack ?? `${data.name}: ${data.message}`, false);
  if (data.errors) {
    const errors: unknown[] = [];
    setOwn(error, "errors", errors, false);
    for (let at = 0; at < data.errors.length; at++) errors[at] = rebuilt(data.errors[at], numbered);
  }
  addProperties(error, data, numbered);
  if (data.cause) setOwn(error, "cause", rebuilt(data.cause, numbered), false);
  return error;
}

function addProperties(
  error: Error,
  { properties, nested }: ErrorData & { kind: "error" },
  numbered: Map<number, unknown>,
): void {
  if (!properties) return;
  putNested(properties, nested, numbered);
  const keys = keysOf(properties);
  for (let at = 0; at < keys.length; at++) {
    // A worker may send anything, and code that reads an error relies on strings here.
    if (!(keys[at] in WELL_KNOWN)) setOwn(error, keys[at], properties[keys[at]]);
  }
}

function putNested(root: unknown, nested: Nested[] | undefined, numbered: Map<number, unknown>): void {
  if (!nested) return;
  for (let at = 0; at < nested.length; at++) putAt(root, nested[at][0], rebuilt(nested[at][1], numbered));
}

function makeError(data: ErrorData & { kind: "error" }): Error {
  if (data.class === DOM_EXCEPTION) {
    const made = new DOMException(data.message, data.name) as unknown as Error;
    if (data.name === QUOTA_EXCEEDED && QuotaExceededError) {
      setPrototypeOf(made, QuotaExceededError.prototype);
    }
    return made;
  }
  // The engine prints the errors of an `AggregateError` only if its constructor made it.
  if (data.class === "AggregateError") return new AggregateError([], data.message);
  const error = new Error(data.message);
  setPrototypeOf(error, prototypeOf(data.class));
  return error;
}
