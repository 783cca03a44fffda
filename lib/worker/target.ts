/**
 * Finds or makes the function for a module and an export name, or for source text. Wraps it so that it reads and writes
 * text if the encoding is text.
 */

import { TaskInputError, TaskNotFoundError, UnwritableError } from "../errors.ts";
import { type RowForm, rowWriter } from "../wire/csv_row.ts";
import type { Encoding, TargetSpec } from "../wire/encoding.ts";
import { hasOwn, isWellFormed, keysOf, matches, uncurried } from "../wire/intrinsics.ts";
import { isRefusal, readRefusal } from "../wire/refusal.ts";
import { type AddedInput, addedInputOf } from "./added_input.ts";
import { inBatches } from "./batch_call.ts";
import type { TaskContext } from "./context.ts";
import { parseJson } from "./json_input.ts";
import { toJson } from "../wire/json_text.ts";
import { checked, type InputCheck } from "./schema.ts";
import { misfitOf, RECORD, rowReader, valuesOf } from "../wire/table_row.ts";

export type TaskFunction = (input: unknown, context: TaskContext) => unknown;

export type ModuleExports = Record<string, unknown>;

const { eval: evaluate, EvalError, Promise, SyntaxError } = globalThis;
const functionText = uncurried(Function.prototype.toString);
const cut = uncurried(String.prototype.slice);

/** Exports with a special meaning, which are never tasks. */
const HOOKS: Record<string, true> = { __proto__: null as never, setup: true, teardown: true };

/** Beside the default export of a CommonJS module, runtimes export the same value by this name. */
const COMMONJS = "module.exports";

/** Returns the names of exports that can run as tasks. */
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

/** Whether a value is a class, which cannot be called. Only its source text tells a class from a function with a frozen prototype. */
function isClass(value: unknown): boolean {
  return typeof value === "function" && matches(/^class\b/, functionText(value));
}

/** Describes an export that is not a task. */
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

/** Where the function of a target is looked up. */
export interface TargetSource {
  module: string | null;
  exports: ModuleExports;
  /** The check that each input must pass first. */
  check: InputCheck | undefined;
}

/** A function to call, and how its inputs and results are converted. */
export interface Target {
  /** The function as the user wrote it. */
  call: TaskFunction;
  /** Converts the input, as it was sent, to the input of the function. */
  decode: ((input: unknown) => unknown) | undefined;
  /** Converts the result to the form in which it is sent. */
  encode: ((result: unknown) => unknown) | undefined;
  /** Set if each value that a generator yields is an output of its own. */
  each: Encoding["each"];
  /** Whether the caller is told when each body began. */
  timed: boolean;
  /** Whether the caller gets what bodies print, where it has not asked for that of all tasks. */
  prints: boolean;
  /** The source of inputs' keys; undefined if keys are made from the tasks' numbers. */
  keyed: Encoding["keyed"];
  /** Brings an input that the task hands in into the form in which it is sent. */
  added: AddedInput;
}

/**
 * Returns the target that a spec names.
 *
 * @throws {TaskNotFoundError} if the module has no such task
 * @throws {SyntaxError} if the source of an inline function is not self-contained
 */
export function resolveTarget(spec: TargetSpec, { module, exports, check }: TargetSource): Target {
  const call = spec.source === undefined ? findExport(spec.name, module, exports) : compile(spec.source);
  // Without a prototype, to which another task may have added a property of the same name.
  const encoding = { __proto__: null, ...spec.encoding } as Encoding;
  const decode = decoder(encoding);
  const encode = encoder(encoding);
  const { keyed, each, timed = false, prints = false } = encoding;
  const added = addedInputOf(encoding);
  if (encoding.batch) {
    return {
      ...inBatches({ call, decode, check, encode, keyed }),
      each: undefined,
      timed,
      prints,
      keyed: undefined,
      added,
    };
  }
  return { call: check ? checked(call, check) : call, decode, encode, each, timed, prints, keyed, added };
}

function findExport(name: string, module: string | null, exports: ModuleExports): TaskFunction {
  const known = hasOwn(exports, name);
  const value = known ? exports[name] : undefined;
  if (isTask(name, value)) return value;
  const found = known ? kindOf(name, value) : undefined;
  throw new TaskNotFoundError(name, module ?? "(no module)", taskNames(exports), found);
}

/** Evaluates the source text of a function in the global scope. The function sees no variable of the place where it was written. */
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
    // The source text of `{ async work(x) {…} }.work` is a method, which is an expression only inside an object.
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

function decoder({ input, inputRows }: Encoding): Target["decode"] {
  switch (input) {
    case "json":
      return (input) => parseJson(toText(input));
    case "record":
      return inputRows ? rowDecoder(inputRows) : (input) => parseRecord(toText(input));
    case "text":
      return toText;
    default:
      return undefined;
  }
}

/** Returns an input as text. An input arrives as bytes if its reader found invalid UTF-8, and fails here, alone. */
function toText(input: unknown): string {
  if (typeof input === "string") return input;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(input as Uint8Array);
  } catch {
    throw new TaskInputError("The input is not valid UTF-8 text");
  }
}

/** Parses JSON text that the caller made. If the caller could not make it, the text says why. */
function parseRecord(text: string): unknown {
  const refusal = readRefusal(text);
  if (refusal) throw new TaskInputError(refusal.message);
  return parseJson(text);
}

/** Returns a function that reads rows of CSV, and the records that take the place of some. */
function rowDecoder(form: RowForm): Target["decode"] {
  const read = rowReader(form);
  return (input) => {
    const text = toText(input);
    return read(text) ?? parseOther(text, form);
  };
}

/** Parses what takes the place of a row. */
function parseOther(text: string, { columns, separator }: RowForm): unknown {
  if (text[0] === RECORD) return parseJson(cut(text, 1));
  if (isRefusal(text)) return parseRecord(text);
  throw new TaskInputError(misfitOf(valuesOf(text, separator).length, columns.length));
}

function encoder({ columns, output, rows }: Encoding): Target["encode"] {
  switch (output) {
    case "json":
      return (result) => toJson(result, { columns });
    case "object": {
      const write = rows && rowWriter(rows);
      return (result) => write?.(result) ?? toObject(result, columns);
    }
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

/** Writes a result for CSV. It must be an object, because its keys are the columns. */
function toObject(result: unknown, columns: string[] | undefined): string {
  const text = toJson(result, { columns });
  if (!text.startsWith("{")) {
    throw new UnwritableError(
      `The result cannot be written as a row: it is ${text.slice(0, 40)}. Return an object instead.`,
    );
  }
  return text;
}
