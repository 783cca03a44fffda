/**
 * `polyloop run`: checks everything that can be checked before the first task starts, then runs.
 *
 * @module
 */

import { Executor } from "../../executor/executor.ts";
import { ErrorText } from "../error_text.ts";
import type { ExitCode } from "../exit_code.ts";
import { type InputFile, openInput } from "../input/input_file.ts";
import { fingerprint } from "../journal/fingerprint.ts";
import { type Journal, openJournal, readRun, writeRun } from "../journal/journal_file.ts";
import { absoluteFlags, checkJournalPath, resumeCommand } from "../journal/kept_options.ts";
import { type ModuleReference, referTo } from "../module_reference.ts";
import type { RunOptions } from "../options.ts";
import { checkOutputs, openOutputs } from "../output/output_files.ts";
import { UserError } from "../user_error.ts";
import { dryRun } from "./dry_run.ts";
import { loadTask } from "./load_task.ts";
import { runInputs } from "./run_inputs.ts";

/** What was checked before the files are opened. */
export interface Prepared {
  options: RunOptions;
  reference: ModuleReference;
  text: ErrorText;
  executor: Executor;
  /** The module's tasks. */
  names: string[];
  input: InputFile;
}

/**
 * Runs a task over all inputs. `flags` is what the options were made of; a journal keeps it.
 *
 * @throws {UserError} if something is wrong that the user can put right; nothing has run then
 */
export async function run(options: RunOptions, flags: Record<string, unknown>): Promise<ExitCode> {
  const prepared = await prepare(options);
  const { input, reference, executor } = prepared;
  if (options.dryRun) {
    checkOutputs(options, input);
    return await dryRun(executor, prepared);
  }
  // The journal comes before the outputs are emptied: it may belong to another run.
  const journal = options.journal === undefined ? undefined : newJournal(options.journal, prepared);
  const files = openOutputs(options, input);
  if (journal) {
    writeRun(journal, {
      options: JSON.stringify(absoluteFlags(flags, reference)),
      module: reference.url,
      fingerprint: fingerprint(reference.url),
      started: Date.now(),
    });
  }
  return await runInputs(executor, { ...prepared, files, journal });
}

/** Loads the module and opens the input. */
export async function prepare(options: RunOptions): Promise<Prepared> {
  const reference = referTo(options);
  const text = new ErrorText(reference);
  const executor = new Executor(reference.url, {
    workers: options.workers,
    concurrency: options.concurrency,
    isolation: options.isolation,
    timeout: options.timeout,
    gracePeriod: options.grace,
    console: "stderr",
    // The process ends by itself; until then a slow input must not cost a `setup` for every line.
    idleTimeout: Infinity,
    hooks: !options.dryRun,
  });
  const names = await loadTask(executor, reference, text);
  return { options, reference, text, executor, names, input: openInput(options.input) };
}

function newJournal(path: string, { options, input }: Prepared): Journal {
  checkJournalPath(path, options, input);
  checkOutputs(options, input);
  const journal = openJournal(path, { create: true });
  if (!readRun(journal.db, path)) return journal;
  throw new UserError(`--journal: ${path} holds a run already; go on with it: ${resumeCommand(path)}`);
}
