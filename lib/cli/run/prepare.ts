/**
 * Checks what can be checked before the first task starts: the module, its task, and the input. Starts the executor.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions, RetryOptions } from "../../executor/types.ts";
import { leaveContextsAlone } from "../../wire/async_context.ts";
import type { RunOptions } from "../flags/options.ts";
import { openRunInput, type RunInput } from "../input/run_input.ts";
import { readsStdin, takeStdio } from "../stdio/stdio.ts";
import { ErrorText } from "../task/error_text.ts";
import { isolationFor } from "../task/isolation.ts";
import { loadTask } from "../task/load_task.ts";
import { type ModuleReference, referTo } from "../task/module_reference.ts";
import { permissionsOf, withReads } from "../task/permissions.ts";
import { refusedPermissions } from "../task/refused_permissions.ts";
// Here as well, though others use it: what it asks of the process, a worker that starts undoes.
import "../signals/watch.ts";
import { limitPerOf } from "./limit_key.ts";
import { recycleOf } from "./memory.ts";

/** What was checked before the files are opened. */
export interface Prepared<E = Executor> {
  /** With the isolation that was decided on, unless workers are on other machines. */
  options: RunOptions;
  /** Why tasks run in processes, if nobody asked for them. */
  isolatedBecause?: string;
  reference: ModuleReference;
  text: ErrorText;
  executor: E;
  /** The module's tasks. */
  names: string[];
  input: RunInput;
}

/** Loads the module and opens the input. */
export async function prepare(options: RunOptions): Promise<Prepared> {
  const reference = await referTo(options);
  const { isolation, because } = isolationFor(reference, options);
  const decided = { ...options, isolation };
  const text = new ErrorText(reference);
  await takeStdio({ isInput: readsStdin(options) });
  const executor = executorFor(reference, decided);
  const names = await loadTask(executor, reference, text);
  const input = await openRunInput(options);
  return { options: decided, isolatedBecause: because, reference, text, executor, names, input };
}

/** An executor for the task, with nothing started yet. */
export function executorFor(reference: ModuleReference, options: RunOptions): Executor {
  const limitPer = limitPerOf(options);
  const recycle = recycleOf(options);
  const { isolation, denoOptions } = isolationFor(reference, options);
  // The third signal ends an endless task of this thread from outside.
  if (isolation === "none" && !("Deno" in globalThis)) leaveContextsAlone();
  return startExecutor(reference.url, {
    workers: options.workers,
    concurrency: options.concurrency,
    // A dry run reads every input and runs none.
    rate: options.dryRun ? undefined : options.rate,
    limitPer: options.dryRun ? undefined : limitPer,
    recycle,
    isolation,
    denoOptions,
    permissions: withReads(permissionsOf(options), reference.reads),
    timeout: options.timeout,
    gracePeriod: options.grace,
    retry: retryOf(options),
    console: "stderr",
    // The process ends by itself; until then a slow input must not cost a `setup` for every line.
    idleTimeout: Infinity,
    // A line says that the module is still loading, and a signal ends the wait.
    startTimeout: Infinity,
    hooks: !options.dryRun,
    // What a dry run starts are no tasks of the user's.
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

/** An input that was on a lost worker is not to blame, as a rule: it runs again whatever `--retries` says. */
export function retryOf({ retries, backoff }: RunOptions): RetryOptions {
  return { attempts: 1 + retries, minDelay: backoff?.from, maxDelay: backoff?.to, losses: 2 };
}
