/**
 * `polyloop run`: checks everything that can be checked before the first task starts, then runs.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions, RetryOptions } from "../../executor/types.ts";
import { type Effective, type Origins, refuseEmptyPipe } from "../config/effective.ts";
import { ErrorText } from "../task/error_text.ts";
import type { ExitCode } from "../exit_code.ts";
import { textsHint } from "../input/formats/format_hint.ts";
import { openRunInput, type RunInput } from "../input/run_input.ts";
import { refuseReadOutputs } from "../input/files/upstream.ts";
import type { Journal } from "../journal/file/journal_file.ts";
import type { SessionWriter } from "../journal/rows/sessions.ts";
import { isolationFor } from "../task/isolation.ts";
import { type ModuleReference, referTo } from "../task/module_reference.ts";
import type { RunOptions } from "../flags/options.ts";
import { refuseSharedFiles, refuseSharedOutputs } from "../output/file_roles.ts";
import { checkOutputs, openOutputs, type OutputFiles } from "../output/output_files.ts";
import { permissionsOf, withReads } from "../task/permissions.ts";
import { printLine } from "../progress/terminal.ts";
import type { ReportFiles } from "../report/report_files.ts";
import { leaveContextsAlone } from "../../wire/async_context.ts";
import { limitPerOf } from "../run/limit_key.ts";
import { recycleOf } from "../run/memory.ts";
import { readsStdin, takeStdio } from "../stdio/stdio.ts";
// Here as well, though others use it: what it asks of the process, a worker that starts undoes.
import "../signals/watch.ts";
import { loadTask } from "../task/load_task.ts";
import { refusedPermissions } from "../task/refused_permissions.ts";
import type { NewJournal } from "../journal/new_journal.ts";

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

/**
 * Runs a task over all inputs.
 *
 * @throws {UserError} if something is wrong that the user can put right; nothing has run then
 */
export async function run({ options, flags, origins }: Effective): Promise<ExitCode> {
  // What is needed next is loaded while the first worker starts, and what is not needed never.
  const next = options.dryRun ? import("./dry_run.ts") : import("../run/run_inputs.ts");
  const prepared = await prepare(options);
  const { executor } = prepared;
  const loaded = await next;
  if ("dryRun" in loaded) {
    await checkFiles(prepared, origins);
    return await loaded.dryRun(executor, { ...prepared, flags, origins });
  }
  const opened = await openAll(prepared, { flags, origins });
  return await loaded.runInputs(executor, { ...prepared, ...opened, flags });
}

/**
 * Looks at every file of a run, and leaves them as they are.
 *
 * @throws {UserError} if one cannot be written, or would be written though it is read or written for something else, or
 *   if stdin is empty that is read in place of a config's input
 */
export async function checkFiles(
  { options, input, reference }: Prepared<unknown>,
  origins: Origins,
): Promise<void> {
  refuseSharedFiles(options, { input, module: reference.url, config: origins.config?.path });
  checkOutputs(options);
  if (wantsReports(options)) (await import("../report/report_files.ts")).checkReports(options);
  await refuseEmptyPipe(origins, input);
  await refuseReadOutputs(options, input);
  await sayTexts(origins, { options, input });
}

/** Says that JSON is read as texts, where nobody but the file's ending says so. */
export async function sayTexts(
  { endings }: Origins,
  { options, input }: Pick<Prepared, "options" | "input">,
): Promise<void> {
  const hint = endings.from === undefined ? undefined : await textsHint(input, options);
  if (hint !== undefined) printLine(`polyloop: ${hint}`);
}

/** Opens what a run writes to. */
export async function openAll(
  prepared: Prepared<unknown>,
  { flags, origins }: Pick<Effective, "flags" | "origins">,
): Promise<{ files: OutputFiles; journal?: Journal; session?: SessionWriter; reports?: ReportFiles }> {
  const { options } = prepared;
  await checkFiles(prepared, origins);
  // The journal comes before the outputs are emptied: it may belong to another run.
  const kept: NewJournal | undefined = options.journal === undefined
    ? undefined
    : (await import("../journal/new_journal.ts")).newJournal(options.journal, prepared, flags);
  const opened = await openResults(options);
  return { ...opened, journal: kept?.journal, session: kept?.begin() };
}

/** Opens results, failed inputs and reports, and empties the first two once all are open. */
export async function openResults(
  options: RunOptions,
): Promise<{ files: OutputFiles; reports?: ReportFiles }> {
  const reports = await openReportsOf(options);
  const files = await openOutputs(options);
  refuseSharedOutputs(options);
  files.empty();
  return { files, reports };
}

/** Opens the files of `--report` and its kin, where there are any; else nothing of them is even loaded. */
async function openReportsOf(options: RunOptions): Promise<ReportFiles | undefined> {
  if (!wantsReports(options)) return undefined;
  return (await import("../report/report_files.ts")).openReports(options);
}

function wantsReports({ report, trace, stats }: RunOptions): boolean {
  return report !== undefined || trace !== undefined || stats !== undefined;
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
