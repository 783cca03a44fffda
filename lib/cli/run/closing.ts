/** The end of a run: the exit code, the reports that contain it, the summary, and what to do next. */

import { oneArrayHint } from "../input/formats/format_hint.ts";
import type { Unclaimed } from "../journal/keeper.ts";
import { plural } from "../progress/format.ts";
import { type Ending, ExitCode, exitCodeOf } from "./exit_code.ts";
import type { Parts } from "./parts.ts";

/** Sums up a run in which nothing runs any more. `unclaimed`: outcomes in the journal that have no input. */
export function sumUp(parts: Parts, unclaimed: Unclaimed | undefined): ExitCode {
  const { options, reference, text, source, tally, stopping, progress, failures, words, say } = parts;
  const { trouble } = stopping;
  failures.finish(options.errors ? `all are in ${options.errors}` : "--errors FILE keeps them all");
  words.teardown(parts.teardownErrors, reference.name, text);
  const isOne = tally.ok === 1 && tally.read === 1;
  const hint = isOne ? oneArrayHint(source.beginning, options) : undefined;
  if (hint) say(`polyloop: ${hint}`);
  if (unclaimed) words.unclaimed(unclaimed);
  if (trouble?.line !== undefined) say(`polyloop: ${trouble.line}`);
  const isIncomplete = trouble !== undefined || tally.left > 0 || tally.unread;
  const code = decide(parts, { isIncomplete, failed: tally.failed + tally.before.failed });
  // A closed stdout is a trouble without a line, because nobody reads the summary.
  if (trouble === undefined || trouble.line !== undefined || options.progress === "json") {
    saySettled(parts);
    progress.sumUp(code);
  }
  if (!isIncomplete) sayCut(parts);
  if (isIncomplete) words.goOn();
  else if (code === ExitCode.failures) words.retry();
  return code;
}

/** Ends a run whose process exits at once: keeps outcomes, and writes a short summary. */
export function leaveAtOnce(parts: Parts): ExitCode {
  const { taskLines, progress, guard, keeper, options, span, words } = parts;
  taskLines?.finish();
  progress.stop();
  guard?.stop();
  keeper?.commit();
  const code = decide(parts, { isIncomplete: true });
  span?.end(code);
  if (options.progress === "json") progress.sumUp(code);
  words.goOn();
  return code;
}

/** Decides the exit code, and writes the reports, which contain it. */
function decide({ stopping, span, reporting, tally, say }: Parts, ending: Ending): ExitCode {
  span?.count(tally);
  const code = exitCodeOf({ ...ending, stoppedBy: stopping.stoppedBy });
  const troubles = reporting?.finish(code, tally) ?? [];
  troubles.forEach((line) => say(line));
  return troubles.length > 0 && code === ExitCode.ok ? exitCodeOf({ isIncomplete: true }) : code;
}

function sayCut({ options: { maxInputs }, source: { added }, say }: Parts): void {
  const { cut: notRun = 0, overrun = 0 } = added?.queue ?? {};
  const cut = (words: string) => say(`polyloop: --max-inputs ${maxInputs}: ${words}`);
  if (notRun > 0) cut(`${plural(notRun, "further input")} did not run`);
  if (overrun === 0) return;
  const inputs = plural(overrun, "input");
  cut(`not in the output: ${inputs} that had started before an earlier one added others`);
}

function saySettled({ host: { settledConcurrency, limits }, options: { progress }, say }: Parts): void {
  if (progress !== "auto" && progress !== "plain") return;
  if (settledConcurrency !== undefined) {
    say(`polyloop: concurrency settled at ${settledConcurrency} per worker`);
  }
  for (const { text, found } of limits.settledRates) say(`polyloop: --rate ${text} settled at ${found}`);
}
