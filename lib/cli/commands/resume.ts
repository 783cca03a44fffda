/**
 * `polyloop resume`: goes on with the run in a journal, as if it had never stopped.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import type { DistributedExecutor } from "../../distributed/executor.ts";
import type { Executor } from "../../executor/executor.ts";
import { brokerOf } from "../broker_address.ts";
import type { ExitCode } from "../exit_code.ts";
import { fingerprint } from "../../fingerprint.ts";
import { type Journal, noRun, openJournal, readRun, writeRun } from "../journal/journal_file.ts";
import { absoluteFlags, type Flags, keepFlags, keptFlags, optionsOf } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { type ModuleReference, referTo } from "../module_reference.ts";
import { refuseSharedFiles } from "../output/file_roles.ts";
import { checkOutputs } from "../output/output_files.ts";
import { isPermission, withoutGrants } from "../permissions.ts";
import { plural } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { isStdinTerminal } from "../stdio/stdio.ts";
import { systemReason, UserError } from "../user_error.ts";
import { openResults, prepare, type Prepared } from "./run.ts";
import { runInputs } from "./run_inputs.ts";

/** What the user asked for. */
export interface ResumeOptions {
  journal: string;
  /** Flags of `run` that take the place of those that the run had. */
  overrides: Flags;
  retryFailed: boolean;
  acceptChangedModule: boolean;
}

/**
 * Runs what has not run, and writes the output of all.
 *
 * @throws {UserError} if something is wrong that the user can put right; nothing has run then
 */
export async function resume(asked: ResumeOptions): Promise<ExitCode> {
  const { journal: path, overrides, acceptChangedModule } = asked;
  const journal = openJournal(path, { create: false });
  const row = readRun(journal.db, path);
  if (!row) throw noRun(path);
  const { cwd, ...all } = keptFlags(row.options, path);
  // One of them replaces all: else a list could not narrow what the run had.
  const kept = Object.keys(overrides).some(isPermission) ? withoutGrants(all) : all;
  if (overrides.input !== undefined) delete kept.args;
  // Checked as they were given: nothing, made absolute, is this folder.
  optionsOf({ ...kept, ...overrides });
  const flags = { ...kept, ...absoluteFlags(overrides) };
  const file = resolve(path);
  if (typeof cwd === "string") enter(cwd);
  const options = optionsOf(flags);
  const fromStdin = options.args === undefined && options.input.includes("-");
  if (fromStdin && isStdinTerminal()) {
    throw new UserError(`This run read its inputs from stdin: ${resumeCommand(path, options)}, or -i FILE`);
  }
  const reference = await referTo(options);
  const now = fingerprint(reference.url);
  if (now !== row.fingerprint && !acceptChangedModule) {
    throw new UserError(
      `${reference.name}, or what it imports, has changed since the run began: the results would be of two kinds. ` +
        `To go on all the same: ${resumeCommand(path, { ...options, flag: "--accept-changed-module" })}`,
    );
  }
  const broker = brokerOf(options);
  const begun = { asked, file, journal, reference, now, row };
  if (!broker) return await goOn(await prepare(options), flags, begun);
  const { namedRun, prepareOverBroker, releasing } = await import("./run_over_broker.ts");
  const named = namedRun(flags, broker);
  const prepared = await prepareOverBroker(broker, optionsOf(named));
  return await releasing(prepared.executor, () => goOn(prepared, named, begun, prepared.executor));
}

/** What was found before anything was opened. */
interface Begun {
  asked: ResumeOptions;
  /** The journal's path, from the root. */
  file: string;
  journal: Journal;
  reference: ModuleReference;
  /** The module's fingerprint. */
  now: string;
  row: NonNullable<ReturnType<typeof readRun>>;
}

async function goOn(
  prepared: Prepared<Executor | DistributedExecutor>,
  flags: Flags,
  { asked, file, journal, reference, now, row }: Begun,
  distributed?: DistributedExecutor,
): Promise<ExitCode> {
  const { input, options } = prepared;
  // Not an input of which all was removed: a file that was not given, or a program that failed.
  if (row.done > 0 && await input.isEmpty()) {
    const fromStdin = options.args === undefined && options.input.includes("-");
    const where = fromStdin ? "by < FILE" : "there";
    throw new UserError(
      `${input.name} is empty, but ${plural(row.done, "input")} of this run ${
        row.done === 1 ? "is" : "are"
      } ` +
        `done: give them again, ${where} or by -i FILE`,
    );
  }
  const all = { ...options, journal: file };
  refuseSharedFiles(all, { input, module: reference.url });
  checkOutputs(options);
  const { files, reports } = await openResults(all);
  writeRun(journal, {
    options: keepFlags(flags, reference),
    module: reference.url,
    fingerprint: now,
    started: row.started,
  });
  return await runInputs(prepared.executor, {
    ...prepared,
    options: { ...options, journal: asked.journal },
    files,
    journal,
    reports,
    retryFailed: asked.retryFailed,
    distributed,
  });
}

/** The task's own paths mean what they meant when the run began. */
function enter(cwd: string): void {
  try {
    process.chdir(cwd);
  } catch (error) {
    printLine(`polyloop: the run began in ${cwd}: ${systemReason(error)}; its task runs here instead`);
  }
}
