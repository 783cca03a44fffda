/** Checks everything that can be checked before the first task starts: the module, its task, and the input. Starts the executor. */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions } from "../../executor/options/executor_options.ts";
import type { RetryOptions } from "../../executor/options/retry_options.ts";
import { leaveContextsAlone } from "../../wire/async_context.ts";
import type { RunOptions } from "../flags/options.ts";
import { openRunInput, type RunInput } from "../input/run_input.ts";
import type { TaskLines } from "../progress/task_lines.ts";
import { readsStdin, takeStdio } from "../stdio/stdio.ts";
import { ErrorText } from "../task/error_text.ts";
import { isolationFor } from "../task/isolation.ts";
import { loadTask } from "../task/load_task.ts";
import { type ModuleReference, referTo } from "../task/module_reference.ts";
import { permissionsOf, withReads } from "../task/permissions.ts";
import { refusedPermissions } from "../task/refused_permissions.ts";
// Imported early, because it asks the system about SIGHUP, and a starting worker changes the answer.
import "../signals/watch.ts";
import { recycleOf } from "./memory.ts";
import { limitPerOf, ratesOf } from "./input_limits.ts";

const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);

/**
 * Maximum size of a thread's heap for young objects, in megabytes. Node lets it grow to 192 MB in a long run, of which 8 MB are in
 * use. Measured with four million lines: 210 MB in all instead of 270 to 320, for the same CPU time.
 */
const YOUNG = 12;

/** A run that was checked, before its files are opened. */
export interface Prepared<E = Executor> {
  /** The options with the chosen isolation, unless workers are on other machines. */
  options: RunOptions;
  /** Why tasks run in processes although the user has not asked for it. */
  isolatedBecause?: string;
  reference: ModuleReference;
  text: ErrorText;
  executor: E;
  names: string[];
  input: RunInput;
  taskLines?: TaskLines;
}

/**
 * Loads the module, and opens the input.
 *
 * @param keepsRows whether rows of CSV may be sent to workers as they are
 * @throws {UserError} if the module cannot be loaded, or the input cannot be opened
 */
export async function prepare(options: RunOptions, keepsRows = false): Promise<Prepared> {
  const reference = await referTo(options);
  const { isolation, because } = isolationFor(reference, options);
  const decided = { ...options, isolation };
  const text = new ErrorText(reference);
  await takeStdio({ isInput: readsStdin(options) });
  const executor = executorFor(reference, decided);
  const taskLines = await taskLinesOf(decided);
  // What no task prints. From now on, because modules print as they load.
  executor.addEventListener("taskoutput", ({ detail: { workerId, stream, text } }) => {
    taskLines?.add({ workerId, stream, text });
  });
  const names = await loadTask(executor, reference, text);
  const input = await openRunInput(options, keepsRows);
  return { options: decided, isolatedBecause: because, reference, text, executor, names, input, taskLines };
}

/** Prints what tasks print, with `--tag`. */
export async function taskLinesOf({ tag, progress }: RunOptions): Promise<TaskLines | undefined> {
  if (!tag) return undefined;
  const { TaskLines } = await import("../progress/task_lines.ts");
  return new TaskLines({ asObjects: progress === "json" });
}

/** Makes an executor for the task. It has not started a worker yet. */
export function executorFor(reference: ModuleReference, options: RunOptions): Executor {
  const limitPer = limitPerOf(options);
  const rates = ratesOf(options);
  const recycle = recycleOf(options);
  const { isolation, denoOptions } = isolationFor(reference, options);
  // So that the third signal can interrupt an endless task in this thread.
  if (isolation === "none" && !("Deno" in globalThis)) leaveContextsAlone();
  return startExecutor(reference.url, {
    workers: options.workers,
    concurrency: options.concurrency,
    // A dry run reads every input and runs no task.
    rate: options.dryRun ? undefined : rates,
    limitPer: options.dryRun ? undefined : limitPer,
    recycle,
    isolation,
    denoOptions,
    permissions: withReads(permissionsOf(options), reference.reads),
    timeout: options.timeout,
    gracePeriod: options.grace,
    retry: { ...retryOf(options), pause: pauseOf(options) },
    console: options.tag ? "task" : "stderr",
    // If input arrives slowly, workers would otherwise end and start again for each line, with a `setup` each.
    idleTimeout: Infinity,
    // A message says that the module is still loading, and a signal ends the wait.
    startTimeout: Infinity,
    resourceLimits: isolation === "thread" && isNode ? { maxYoungGenerationSizeMb: YOUNG } : undefined,
    hooks: !options.dryRun,
    // A dry run runs no task of the user.
    tracing: !options.dryRun,
    schema: options.schema,
  });
}

function startExecutor(url: string, options: ExecutorOptions): Executor {
  try {
    return new Executor(url, options);
  } catch (error) {
    throw error instanceof PermissionsUnsupportedError ? refusedPermissions(error, options) : error;
  }
}

/**
 * The executor's option for `--retries` and `--backoff`. After a lost worker an input runs again in any case: another input
 * may have crashed the worker.
 */
export function retryOf({ retries, backoff }: RunOptions): Omit<RetryOptions, "when" | "pause"> {
  return { attempts: 1 + retries, minDelay: backoff?.from, maxDelay: backoff?.to, losses: 2 };
}

export function pauseOf({ pause = "key" }: Pick<RunOptions, "pause">): RetryOptions["pause"] {
  return pause === "none" ? false : pause;
}
