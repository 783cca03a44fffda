/**
 * Checks inputs by a schema that the task module exports: a Standard Schema (https://standardschema.dev), as zod,
 * valibot, arktype and other libraries make them.
 */

import { TaskInputError } from "../errors.ts";

/** The part of the standard that is used here. */
interface StandardSchema {
  "~standard": { validate(value: unknown): Result | Promise<Result> };
}

/** The result of a check. If `issues` is set, the value does not fit. */
interface Result {
  value?: unknown;
  issues?: readonly Issue[];
}

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
}

/** Returns the checked input for the task, or a promise of it. Throws or rejects with a `TaskInputError`. */
export type InputCheck = (input: unknown) => unknown;

/** Maximum number of issues that an error names. */
const NAMED = 3;

/**
 * Returns the check by the schema that a module exports under this name.
 *
 * @throws {TypeError} if the export is missing or is not a Standard Schema
 */
export function checkBy(name: string, exports: Record<string, unknown>): InputCheck {
  if (!Object.hasOwn(exports, name)) throw new TypeError(`exports no "${name}" to check inputs by`);
  const schema = exports[name];
  if (!isStandardSchema(schema)) {
    throw new TypeError(
      `exports "${name}", which is no Standard Schema (an object with "~standard", as zod makes it)`,
    );
  }
  return (input) => {
    const result = schema["~standard"].validate(input);
    return result instanceof Promise ? result.then(valueOf) : valueOf(result);
  };
}

/** Wraps a task so that it gets the result of the check. */
export function checked<T>(
  call: (input: unknown, context: T) => unknown,
  check: InputCheck,
): (input: unknown, context: T) => unknown {
  return (input, context) => {
    const value = check(input);
    return value instanceof Promise ? value.then((value) => call(value, context)) : call(value, context);
  };
}

function isStandardSchema(value: unknown): value is StandardSchema {
  // Some libraries make schemas that are functions.
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as Partial<StandardSchema>)["~standard"];
  return typeof standard === "object" && standard !== null && typeof standard.validate === "function";
}

function valueOf({ value, issues }: Result): unknown {
  if (!issues) return value;
  const named = issues.slice(0, NAMED).map(({ path = [], message }) => `${placeOf(path)}: ${message}`);
  const more = issues.length > NAMED ? `; and ${issues.length - NAMED} more` : "";
  throw new TaskInputError(`The input does not fit the schema: ${named.join("; ")}${more}`);
}

/** Returns the place of an issue: `user.emails[0]`, or `(input)` for the whole input. */
function placeOf(path: NonNullable<Issue["path"]>): string {
  let place = "";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "string" && /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key)) {
      place += place === "" ? key : `.${key}`;
    } else place += typeof key === "string" ? `[${JSON.stringify(key)}]` : `[${String(key)}]`;
  }
  return place || "(input)";
}
