/** `polyloop resume`: continues the run in a journal, as if it had never stopped. */

import { resolve } from "node:path";
import process from "node:process";
import { brokerOf } from "../broker/broker_address.ts";
import type { ExitCode } from "../run/exit_code.ts";
import { isDescriptor, isStdin } from "../input/files/once_only.ts";
import { fingerprint, hasUnreadVersion, moduleVersion } from "../../fingerprint.ts";
import { readWhole, repair, type WholeJournal } from "../journal/damage.ts";
import { closeJournal, type Journal, noRun, openJournal } from "../journal/file/journal_file.ts";
import { absoluteFlags, type Flags, keepFlags, keptFlags } from "../journal/kept_options.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { beginRun, hasRun } from "../journal/rows/run_row.ts";
import { type ModuleReference, referTo } from "../task/module_reference.ts";
import { isPermission, withoutGrants } from "../task/permissions.ts";
import { checkRunOptions, type RunOptions } from "../flags/options.ts";
import { plural } from "../progress/format.ts";
import { printLine, printObjectsAlone } from "../progress/terminal.ts";
import { isStdinTerminal } from "../stdio/stdio.ts";
import { systemReason, UserError } from "../user_error.ts";
import { checkFiles, openResults } from "../run/open_files.ts";
import { prepare, type Prepared } from "../run/prepare.ts";
import type { Host } from "../run/host.ts";
import { LocalHost } from "../run/local_host.ts";
import { runSession } from "../run/session.ts";

export interface ResumeOptions {
  journal: string;
  /** Flags of the command line that replace those of the run. */
  overrides: Flags;
  retryFailed: boolean;
  acceptChangedModule: boolean;
  forget: boolean;
  repair: boolean;
}

/**
 * Runs the inputs that have not run, and writes the results of all.
 *
 * @throws {UserError} if the user has made a mistake. Nothing has run then
 */
export async function resume(asked: ResumeOptions): Promise<ExitCode> {
  const journal = openJournal(asked.journal, { create: false, say: printLine });
  try {
    return await resumeIn(journal, asked);
  } catch (error) {
    // Otherwise the log of SQLite stays. If the user then restores a copy of the journal, the log would be applied to
    // the copy.
    closeJournal(journal);
    throw error;
  }
}

async function resumeIn(journal: Journal, asked: ResumeOptions): Promise<ExitCode> {
  const { journal: path, overrides, acceptChangedModule } = asked;
  if (!hasRun(journal.db, path)) throw noRun(path);
  if (asked.repair) repair(journal.db, path, printLine);
  const found = readWhole(journal.db, path);
  const { cwd, ...all } = keptFlags(found.run.options, path);
  // A permission flag replaces all permissions, so that a run can be resumed with fewer.
  const kept = Object.keys(overrides).some(isPermission) ? withoutGrants(all) : all;
  if (overrides.input !== undefined) delete kept.args;
  // Checked before paths are made absolute: an empty path would become the current folder.
  checkRunOptions({ ...kept, ...overrides });
  const flags = { ...kept, ...absoluteFlags(overrides) };
  const file = resolve(path);
  if (typeof cwd === "string") enter(cwd);
  const options = checkRunOptions(flags);
  if (options.progress === "json") printObjectsAlone();
  refuseGone(options, overrides, path);
  if (asked.forget && typeof options.first === "number") {
    throw new UserError(
      "--forget: with --first, the input is not read to its end, so missing inputs cannot be found. Add --first all",
    );
  }
  const fromStdin = options.args === undefined && options.input.some(isStdin);
  if (fromStdin && isStdinTerminal()) {
    throw new UserError(`This run read its inputs from stdin: ${resumeCommand(path, options)}, or -i FILE`);
  }
  const reference = await referTo(options);
  const now = fingerprint(reference.url);
  if (now !== found.run.fingerprint && !acceptChangedModule) {
    throw new UserError(
      `${changeOf(reference)}. Results would mix two versions of the module. ` +
        `To go on all the same: ${resumeCommand(path, { ...options, flag: "--accept-changed-module" })}`,
    );
  }
  const broker = brokerOf(options);
  const begun = { asked, file, journal, found, now };
  // A session that was killed at its beginning has not written any.
  const limits = found.sessions.findLast((session) => session.limits)?.limits;
  if (!broker) {
    const prepared = await prepare(options);
    const host = new LocalHost(prepared.executor, prepared.options);
    if (limits) host.limits.takeOver(limits);
    return await goOn(prepared, host, flags, begun);
  }
  const { namedRun, prepareOverBroker, releasing } = await import("../run/over_broker.ts");
  const { BrokerHost } = await import("../run/broker_host.ts");
  const named = namedRun(flags, broker);
  const prepared = await prepareOverBroker(broker, checkRunOptions(named), found.sessions.at(-1));
  const host = new BrokerHost(prepared.executor, prepared.options);
  if (limits) host.limits.takeOver(limits);
  return await releasing(prepared.executor, () => goOn(prepared, host, named, begun));
}

/** `tasks.ts, or what it imports, has changed since the run began`; by its version, if it exports one. */
function changeOf({ name, url }: ModuleReference): string {
  const version = moduleVersion(url);
  if (version !== undefined) {
    return `${name} has the version ${JSON.stringify(version)}, which is not that of the run`;
  }
  const changed = `${name}, or what it imports, has changed since the run began`;
  return hasUnreadVersion(url)
    ? `${changed}. Its version does not count, because it is not written as export const version = "3"`
    : changed;
}

/** A run that is resumed, before its files are opened. */
interface Begun {
  asked: ResumeOptions;
  /** The absolute path of the journal. */
  file: string;
  journal: Journal;
  found: WholeJournal;
  now: string;
}

async function goOn(
  prepared: Prepared<unknown>,
  host: Host,
  flags: Flags,
  { asked, file, journal, found: { outcomes, run, sessions }, now }: Begun,
): Promise<ExitCode> {
  const { input, options, reference } = prepared;
  // It is more likely that a file was not given, or that a program failed, than that every line was removed.
  if (outcomes > 0 && await input.isEmpty()) {
    const fromStdin = options.args === undefined && options.input.some(isStdin);
    const where = fromStdin ? "with < FILE" : "in that file";
    throw new UserError(
      `${input.name} is empty, but this run has ${plural(outcomes, "outcome")}. Give all inputs again, ` +
        `${where} or with -i FILE`,
    );
  }
  const all = { ...options, journal: file };
  await checkFiles({ ...prepared, options: all }, { flags: [], endings: {} });
  const { files, reports } = await openResults(all);
  const session = beginRun(journal, {
    options: keepFlags(flags, reference),
    module: reference.url,
    fingerprint: now,
    started: run.started,
  });
  return await runSession(host, {
    ...prepared,
    options: { ...options, journal: asked.journal },
    flags,
    files,
    journal,
    session,
    reports,
    retryFailed: asked.retryFailed,
    forget: asked.forget,
    spentBefore: sessions.map(({ spent }) => spent),
  });
}

/** Refuses to continue a run that read from `<(COMMAND)`. The shell opened that input for the run, and it no longer exists. */
function refuseGone({ args, input }: RunOptions, overrides: Flags, path: string): void {
  const gone = args === undefined && overrides.input === undefined ? input.find(isDescriptor) : undefined;
  if (gone === undefined) return;
  const command = resumeCommand(path, { args: [] });
  throw new UserError(
    `This run read its inputs from ${gone}, which the shell made for <(COMMAND) and which is gone. Give the inputs ` +
      `again: ${command} -i FILE, or COMMAND | ${command} -i -`,
  );
}

/** Enters the folder in which the run began, so that relative paths in the task stay valid. */
function enter(cwd: string): void {
  try {
    process.chdir(cwd);
  } catch (error) {
    printLine(
      `polyloop: cannot enter ${cwd}, the folder where the run began: ${
        systemReason(error)
      }. Tasks run in the current folder`,
    );
  }
}
