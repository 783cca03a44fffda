/**
 * What a task throws ↔ plain data that can be cloned. The platform's own clone of an Error loses own
 * properties, subclass names and stacks on some runtimes; this keeps them on all.
 *
 * @module
 */

import { classOf, DOM_EXCEPTION, prototypeOf } from "./error_classes.ts";
import { isArray, keysOf, setOwn, setPrototypeOf, uncurried } from "./intrinsics.ts";
import { isError, type Path, putAt, ValueKeeper } from "./kept_value.ts";
import { thrownText } from "./thrown_text.ts";

/** Something thrown, as plain data. */
export type ErrorData =
  | { kind: "value"; value: unknown; nested?: Nested[] }
  /** The error that has this number. */
  | { kind: "again"; number: number }
  | {
    kind: "error";
    /** The class that it is an instance of, of those that both sides have (`error_classes.ts`). */
    class: string;
    name: string;
    message: string;
    stack: string | undefined;
    /** By which it is known elsewhere in the same data, if it stands there too. */
    number?: number;
    cause?: ErrorData;
    /** Those of an `AggregateError`. */
    errors?: ErrorData[];
    /** Own enumerable properties, */
    properties?: Record<string, unknown>;
    /** and the errors among them. */
    nested?: Nested[];
  };

/** An error in a value, and the way to it. */
export type Nested = [path: Path, error: ErrorData];

/** Of errors beyond this many, what is on them is left out: messages and causes may go on for ever. */
const MOST_ERRORS = 100;

/** What is sent as a field of its own. */
const WELL_KNOWN: Record<string, true> = {
  __proto__: null as never,
  name: true,
  message: true,
  stack: true,
  cause: true,
};

/** What a `SuppressedError` is about, which is in no enumerable property. */
const SUPPRESSED = ["error", "suppressed"];

const { Map, DOMException, Error, AggregateError } = globalThis;
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);

/** Takes apart what was thrown. Never throws, and what it returns can always be cloned. */
export function toErrorData(thrown: unknown): ErrorData {
  return new TakingApart().take(thrown);
}

/** One error, with all that are in it. */
class TakingApart {
  readonly #keeper = new ValueKeeper();
  readonly #seen = new Map<object, ErrorData & { kind: "error" }>();
  #followed = 0;
  #numbers = 0;

  take(thrown: unknown): ErrorData {
    try {
      if (!isError(thrown)) return this.#value(thrown);
      const seen = mapGet(this.#seen, thrown);
      if (seen) return { kind: "again", number: seen.number ??= ++this.#numbers };
      return this.#error(thrown);
    } catch {
      // A getter or a proxy of the user's threw while we looked at the error.
      return { kind: "value", value: "a thrown value that cannot be read" };
    }
  }

  #value(thrown: unknown): ErrorData {
    const kept = this.#keeper.keep(thrown);
    if (!kept) return { kind: "value", value: thrownText(thrown) };
    const data: ErrorData = { kind: "value", value: kept.value };
    const nested = this.#nested(kept.errors);
    if (nested) data.nested = nested;
    return data;
  }

  #error(error: Error): ErrorData {
    const stack = read(() => error.stack);
    const data: ErrorData & { kind: "error" } = {
      kind: "error",
      class: classOf(error),
      name: textOf(read(() => `${error.name}`), "Error"),
      message: textOf(read(() => `${error.message}`), ""),
      stack: typeof stack === "string" ? stack : undefined,
    };
    if (this.#followed++ >= MOST_ERRORS) return data;
    mapSet(this.#seen, error, data);
    this.#addProperties(error, data);
    const cause = read(() => error.cause);
    if (cause !== undefined) data.cause = this.take(cause);
    return data;
  }

  #addProperties(error: Error, data: ErrorData & { kind: "error" }): void {
    const errors = data.class === "AggregateError" ? read(() => (error as AggregateError).errors) : undefined;
    if (isArray(errors)) {
      data.errors = [];
      for (let at = 0; at < errors.length; at++) data.errors[at] = this.take(read(() => errors[at]));
    }
    const own = keysOf(error);
    const fields = {};
    let isEmpty = true;
    const take = (key: string) => {
      const value = read(() => (error as unknown as Record<string, unknown>)[key]);
      if (typeof value === "function" || typeof value === "symbol") return;
      setOwn(fields, key, value);
      isEmpty = false;
    };
    for (let at = 0; at < own.length; at++) {
      if (!(own[at] in WELL_KNOWN) && !(own[at] === "errors" && data.errors)) take(own[at]);
    }
    if (data.class === "AggregateError" && !data.errors) take("errors");
    if (data.class === "SuppressedError") { for (let at = 0; at < 2; at++) take(SUPPRESSED[at]); }
    const kept = isEmpty ? undefined : this.#keeper.keep(fields);
    if (!kept) return;
    data.properties = kept.value as Record<string, unknown>;
    const nested = this.#nested(kept.errors);
    if (nested) data.nested = nested;
  }

  #nested(errors: { path: Path; error: object }[]): Nested[] | undefined {
    if (errors.length === 0) return undefined;
    const nested: Nested[] = [];
    for (let at = 0; at < errors.length; at++) nested[at] = [errors[at].path, this.take(errors[at].error)];
    return nested;
  }
}

/** What a getter gives; nothing if it throws. */
function read(get: () => unknown): unknown {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function textOf(text: unknown, otherwise: string): string {
  return typeof text === "string" ? text : otherwise;
}

/** Puts together what {@link toErrorData} took apart. */
export function fromErrorData(data: ErrorData): unknown {
  return rebuilt(data, new Map());
}

/** `numbered` are the errors that are there already, of those that stand in more than one place. */
function rebuilt(data: ErrorData, numbered: Map<number, unknown>): unknown {
  if (data.kind === "again") return mapGet(numbered, data.number);
  if (data.kind === "value") {
    putNested(data.value, data.nested, numbered);
    return data.value;
  }
  const error = makeError(data);
  if (data.number !== undefined) mapSet(numbered, data.number, error);
  if (error.name !== data.name) setOwn(error, "name", data.name, false);
  // After the constructor, because a stack made here would show our frames and not the task's.
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
    // A worker may say anything, and readers of an error count on these being texts.
    if (!(keys[at] in WELL_KNOWN)) setOwn(error, keys[at], properties[keys[at]]);
  }
}

function putNested(root: unknown, nested: Nested[] | undefined, numbered: Map<number, unknown>): void {
  if (!nested) return;
  for (let at = 0; at < nested.length; at++) putAt(root, nested[at][0], rebuilt(nested[at][1], numbered));
}

function makeError(data: ErrorData & { kind: "error" }): Error {
  if (data.class === DOM_EXCEPTION) return new DOMException(data.message, data.name) as unknown as Error;
  // Of an `AggregateError` the engine shows the errors only where it has made it.
  if (data.class === "AggregateError") return new AggregateError([], data.message);
  const error = new Error(data.message);
  setPrototypeOf(error, prototypeOf(data.class));
  return error;
}
