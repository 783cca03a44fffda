/** Checks every file of a run, and opens the files to which the run writes. */

import { type Effective, type Origins, refuseEmptyPipe } from "../config/with_config.ts";
import type { TaskLines } from "../progress/task_lines.ts";
import type { RunOptions } from "../flags/options.ts";
import { textsHint } from "../input/formats/format_hint.ts";
import type { RunInput } from "../input/run_input.ts";
import { refuseReadOutputs } from "../input/files/upstream.ts";
import type { Journal } from "../journal/file/journal_file.ts";
import type { NewJournal } from "../journal/new_journal.ts";
import type { SessionWriter } from "../journal/rows/sessions.ts";
import { refuseSharedFiles, refuseSharedOutputs } from "../output/file_roles.ts";
import { checkOutputs, openOutputs, type OutputFiles } from "../output/output_files.ts";
import type { SumsByName } from "../progress/run_sums.ts";
import { printLine } from "../progress/terminal.ts";
import type { ReportFiles } from "../report/report_files.ts";
import type { ErrorText } from "../task/error_text.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import type { Prepared } from "./prepare.ts";

export interface Opened {
  options: RunOptions;
  flags: Record<string, unknown>;
  reference: ModuleReference;
  text: ErrorText;
  input: RunInput;
  taskLines?: TaskLines;
  files: OutputFiles;
  journal?: Journal;
  session?: SessionWriter;
  reports?: ReportFiles;
  /** Whether inputs that failed in an earlier session run again. Default: false. */
  retryFailed?: boolean;
  /** What the attempts of each earlier session have counted. Default: there is none. */
  spentBefore?: SumsByName[];
  /** Whether outcomes whose inputs are missing are removed from the journal. Default: false. */
  forget?: boolean;
}

/**
 * Checks every file of a run, and changes none.
 *
 * @throws {UserError} if an output cannot be written, if it is an input or another output, too, or if stdin is empty and is
 *   read in place of a config's input
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

/** Prints a hint if a file's extension means text, but its content looks like JSON. */
export async function sayTexts(
  { endings }: Origins,
  { options, input }: Pick<Prepared, "options" | "input">,
): Promise<void> {
  const hint = endings.from === undefined ? undefined : await textsHint(input, options);
  if (hint !== undefined) printLine(`polyloop: ${hint}`);
}

export async function openAll(
  prepared: Prepared<unknown>,
  { flags, origins }: Pick<Effective, "flags" | "origins">,
): Promise<{ files: OutputFiles; journal?: Journal; session?: SessionWriter; reports?: ReportFiles }> {
  const { options } = prepared;
  await checkFiles(prepared, origins);
  // Before the outputs are emptied: the journal may belong to another run, which is an error.
  const kept: NewJournal | undefined = options.journal === undefined
    ? undefined
    : (await import("../journal/new_journal.ts")).newJournal(options.journal, prepared, flags);
  const opened = await openResults(options);
  return { ...opened, journal: kept?.journal, session: kept?.begin() };
}

/** Opens the files of results, failed inputs and reports. When all are open, empties the first two. */
export async function openResults(
  options: RunOptions,
): Promise<{ files: OutputFiles; reports?: ReportFiles }> {
  const reports = await openReportsOf(options);
  const files = await openOutputs(options);
  refuseSharedOutputs(options);
  files.empty();
  return { files, reports };
}

/** Opens the files of `--report`, `--trace` and `--stats`. Without these flags, loads nothing. */
async function openReportsOf(options: RunOptions): Promise<ReportFiles | undefined> {
  if (!wantsReports(options)) return undefined;
  return (await import("../report/report_files.ts")).openReports(options);
}

function wantsReports({ report, trace, stats }: RunOptions): boolean {
  return report !== undefined || trace !== undefined || stats !== undefined;
}
