/**
 * Module + export name, or source text → the function to call, wrapped so that it reads and writes
 * text where the caller deals in text.
 *
 * @module
 */

import { TaskInputError, TaskNotFoundError, UnwritableError } from "../errors.ts";
import type { Encoding, TargetSpec } from "../wire/message.ts";
import { hasOwn, keysOf, uncurried } from "../wire/intrinsics.ts";
import { readRefusal } from "../wire/refusal.ts";
import { inBatches } from "./batch_call.ts";
import type { TaskContext } from "./context.ts";
import { parseJson } from "./json_input.ts";
import { toJson } from "../wire/json_text.ts";
import { checked, type InputCheck } from "./schema.ts";

/** A task's body. */
export type TaskFunction = (input: unknown, context: TaskContext) => unknown;

/** A module's exports. */
export type ModuleExports = Record<string, unknown>;

const { eval: evaluate, EvalError, Promise, SyntaxError } = globalThis;
const functionText = uncurried(Function.prototype.toString);
// `test` would ask the pattern for its `exec`.
const runPattern = uncurried(RegExp.prototype.exec);
const isWellFormed = uncurried(String.prototype.isWellFormed);

/** Exports with a meaning of their own: never tasks. */
const HOOKS: Record<string, true> = { __proto__: null as never, setup: true, teardown: true };

/** Beside the default export of a CommonJS module, runtimes export the same value by this name. */
const COMMONJS = "module.exports";

/** The names that can be run as tasks. */
export function taskNames(exports: ModuleExports): string[] {
  const keys = keysOf(exports);
  const names: string[] = [];
  for (let at = 0; at < keys.length; at++) {
    const name = keys[at];
    if (name !== COMMONJS && isTask(name, exports[name])) names[names.length] = name;
  }
  return names;
}

function isTask(name: string, value: unknown): value is TaskFunction {
  return typeof value === "function" && !(name in HOOKS) && !isClass(value);
}

/** A class cannot be called. It is known by its text, as nothing else tells it from a function whose prototype is frozen. */
function isClass(value: unknown): boolean {
  return typeof value === "function" && runPattern(/^class\b/, functionText(value)) !== null;
}

/** What an export is that is no task, in words. */
function kindOf(name: string, value: unknown): string {
  if (name in HOOKS) return "called by polyloop itself, and is not a task";
  if (isClass(value)) return "a class, not a function";
  if (value instanceof Promise) return "a promise, not a function: await it in the module";
  if (value === null || value === undefined) return `${value}, not a function`;
  if (Array.isArray(value)) return "an array, not a function";
  if (typeof value !== "object") return `a ${typeof value}, not a function`;
  const methods = Object.keys(value).filter((key) => typeof (value as ModuleExports)[key] === "function");
  const hint = methods.length > 0 ? `: export its functions (${methods.join(", ")}) by their names` : "";
  return `an object, not a function${hint}`;
}

/** Where functions are found. */
export interface TargetSource {
  module: string | null;
  exports: ModuleExports;
  /** What inputs go through first. */
  check: InputCheck | undefined;
}

/** How to turn a spec into a function, and its results into what is sent. */
export interface Target {
  /** The function as the user wrote it. */
  call: TaskFunction;
  /** Turns the input as it came into the input that the function takes. */
  decode: ((input: unknown) => unknown) | undefined;
  /** Turns the result into what is sent. */
  encode: ((result: unknown) => unknown) | undefined;
  /** Where the keys of inputs come from, if not from their numbers. */
  keyed: Encoding["keyed"];
}

/**
 * Finds or makes the function that a spec names.
 *
 * @throws {TaskNotFoundError} if the module has no such task
 * @throws {SyntaxError} if an inline function's source does not stand alone
 */
export function resolveTarget(spec: TargetSpec, { module, exports, check }: TargetSource): Target {
  const call = spec.source === undefined ? findExport(spec.name, module, exports) : compile(spec.source);
  const decode = decoder(spec.encoding);
  const encode = encoder(spec.encoding);
  const { keyed } = spec.encoding ?? {};
  if (spec.encoding?.batch) {
    const byContent = keyed === "content";
    return { ...inBatches({ call, decode, check, encode, byContent }), keyed: undefined };
  }
  return { call: check ? checked(call, check) : call, decode, encode, keyed };
}

function findExport(name: string, module: string | null, exports: ModuleExports): TaskFunction {
  const known = hasOwn(exports, name);
  const value = known ? exports[name] : undefined;
  if (isTask(name, value)) return value;
  const found = known ? kindOf(name, value) : undefined;
  throw new TaskNotFoundError(name, module ?? "(no module)", taskNames(exports), found);
}

/** Evaluates a function's own text, in the global scope: it sees nothing of where it was written. */
function compile(source: string): TaskFunction {
  // Indirect eval: its scope is the global one, not this module's.
  try {
    return evaluate(`(${source}\n)`);
  } catch (error) {
    if (error instanceof EvalError) {
      throw new EvalError(
        "The page's Content Security Policy forbids inline functions, which need 'unsafe-eval': export the function " +
          "from the module and run it by its name",
        { cause: error },
      );
    }
    // `{ async work(x) {…} }.work` prints as a method, which is an expression only inside an object.
    try {
      const [method] = Object.values(evaluate(`({${source}\n})`));
      if (typeof method === "function") return method as TaskFunction;
    } catch {
      // The first error says more.
    }
    throw new SyntaxError(
      `An inline function must be self-contained source text: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** `key`, tab, input → both. The input may be bytes. */
export function takeKey(input: string | Uint8Array): { key: string; rest: string | Uint8Array } {
  if (typeof input === "string") {
    const tab = input.indexOf("\t");
    return { key: input.slice(0, tab), rest: input.slice(tab + 1) };
  }
  const tab = input.indexOf(9);
  return { key: new TextDecoder().decode(input.subarray(0, tab)), rest: input.subarray(tab + 1) };
}

function decoder(encoding: Encoding | undefined): Target["decode"] {
  switch (encoding?.input) {
    case "json":
      return (input) => parseJson(toText(input));
    case "record":
      return (input) => parseRecord(toText(input));
    case "text":
      return toText;
    default:
      return undefined;
  }
}

/** Bytes reach us where the reader found no valid text; here is where that input fails, and it alone. */
function toText(input: unknown): string {
  if (typeof input === "string") return input;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(input as Uint8Array);
  } catch {
    throw new TaskInputError("The input is not valid UTF-8 text");
  }
}

/** Where the caller could make nothing of an input, it says so in its place. */
function parseRecord(text: string): unknown {
  const refusal = readRefusal(text);
  if (refusal) throw new TaskInputError(refusal.message);
  return parseJson(text);
}

function encoder(encoding: Encoding | undefined): Target["encode"] {
  const columns = encoding?.columns;
  switch (encoding?.output) {
    case "json":
      return (result) => toJson(result, { columns });
    case "object":
      return (result) => toObject(result, columns);
    case "text":
      return (result) => toLine(result, columns);
    default:
      return undefined;
  }
}

function toLine(result: unknown, columns: string[] | undefined): string {
  if (result === undefined) return "";
  if (typeof result !== "string") return toJson(result, { columns });
  if (isWellFormed(result)) return result;
  throw new UnwritableError(
    `The result cannot be written as UTF-8: it contains half of a surrogate pair: ${JSON.stringify(result)}`,
  );
}

/** A result for CSV. It must be an object, because its keys are the columns. */
function toObject(result: unknown, columns: string[] | undefined): string {
  const text = toJson(result, { columns });
  if (!text.startsWith("{")) {
    throw new UnwritableError(
      `The result cannot be written as a row: it is ${text.slice(0, 40)}. Return an object instead.`,
    );
  }
  return text;
}
