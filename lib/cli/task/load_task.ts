/** Starts one worker, and checks that the module loads and has the task. Nothing else has been opened by then. */

import { ModuleLoadError, TaskNotFoundError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import type { ErrorText } from "./error_text.ts";
import type { ModuleReference } from "./module_reference.ts";
import { UserError } from "../user_error.ts";
import { printLine } from "../progress/terminal.ts";
import { compiledReason } from "./compiled.ts";

/**
 * How long a module may load before a message reports it, in milliseconds. A guess: on a very busy machine, a correct
 * module may take several seconds.
 */
const PATIENCE = 10_000;

/** Errors of a source that is probably not a function: it cannot be parsed, or it uses names at once. The last two are Bun's. */
const NO_FUNCTION = /^(SyntaxError|ReferenceError|BuildMessage|AggregateError): /;

const NEEDS_FUNCTION =
  ". -e takes one function, such as 'async (x) => …'; statements and imports go inside it";

/** Loads the module. Resolves with the names of its tasks. @throws {UserError} if the module cannot be loaded, or has no such task */
export async function loadTask(
  executor: Executor,
  reference: ModuleReference,
  text: ErrorText,
): Promise<string[]> {
  const names = await load(executor, reference, text);
  if (names.includes(reference.task)) return names;
  throw new UserError(await missingTask(reference, names, await foundInstead(executor, reference)));
}

/** What the module exports under the task's name, in words: `a string`. Only a worker knows. */
async function foundInstead(executor: Executor, { task }: ModuleReference): Promise<string | undefined> {
  try {
    await executor.run(task);
  } catch (error) {
    if (error instanceof TaskNotFoundError) return error.found;
  }
  return undefined;
}

async function load(executor: Executor, { name }: ModuleReference, text: ErrorText): Promise<string[]> {
  const timer = setTimeout(() => {
    printLine(
      `polyloop: ${name} is still loading: an import, a top-level await or setup() has not ended`,
    );
  }, PATIENCE);
  try {
    return await executor.ready(1);
  } catch (error) {
    throw new UserError(loadFailure(error, name, text));
  } finally {
    clearTimeout(timer);
  }
}

/** The reason why a module cannot be used: `Cannot load tasks.ts: TypeError: x is null (tasks.ts:3:7)`. */
export function loadFailure(error: unknown, name: string, text: ErrorText): string {
  if (error instanceof ModuleLoadError && error.message.startsWith("schema of")) {
    return `--schema: ${name} ${(error.cause as Error).message}`;
  }
  const inSetup = error instanceof ModuleLoadError && error.message.startsWith("setup()");
  const what = inSetup ? `setup() of ${name} failed` : `Cannot load ${name}`;
  const cause = error instanceof ModuleLoadError ? error.cause : error;
  const reason = loaderReason(cause, text) ?? text.line(cause);
  const hint = name === "-e" && NO_FUNCTION.test(reason) ? NEEDS_FUNCTION : "";
  return `${what}: ${reason}${hint}`;
}

/** The reason that the runtime's module loader gives, in one line. Undefined for an error of the module's own code. */
function loaderReason(cause: unknown, text: ErrorText): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const compiled = compiledReason(cause.message);
  if (compiled !== undefined) return text.show(compiled);
  if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") return undefined;
  const [first, ...rest] = text.show(cause.message).split("\n");
  const where = rest.map((line) => /^\s*at (.*:\d+:\d+)$/.exec(line)?.[1]).find((place) => place);
  const detail = rest.map((line) => /^\s*0: (.*)$/.exec(line)?.[1]).find((detail) => detail);
  const said = [first.replace(/\.$/, ""), detail, text.advice(cause)].filter(Boolean).join(": ");
  return where ? `${said}  (${where})` : said;
}

/** The message for a module that has no such task. `found` is what it exports under that name. */
export async function missingTask(
  { name, task, implied }: ModuleReference,
  names: string[],
  found?: string,
): Promise<string> {
  if (name === "-e") {
    return `-e: expected a function such as 'async (x) => …', got ${
      found?.split(",")[0] ?? "something else"
    }`;
  }
  const others = names.length > 0 ? `; it has ${shortList(names)}` : "";
  if (found !== undefined && !(implied && names.length > 0)) {
    return `${implied ? `the default export of ${name}` : `${name}#${task}`} is ${found}${others}`;
  }
  if (names.length === 0) return `${name} exports no function to run`;
  if (implied) {
    const choices = shortList(names.map((known) => `${name}#${known}`));
    return `${name} has no default export to run; name one of its functions: ${choices}`;
  }
  const { didYouMean } = await import("../flags/nearest.ts");
  return `${name} exports no function "${task}"${didYouMean(task, names)}${others}`;
}

/** Maximum number of names in a message. A guess: an npm package exports hundreds. */
const MOST_NAMES = 12;

function shortList(names: string[]): string {
  const rest = names.length - MOST_NAMES;
  return rest > 0 ? `${names.slice(0, MOST_NAMES).join(", ")}, … and ${rest} more` : names.join(", ");
}
