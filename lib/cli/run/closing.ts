/** The end of a run: the exit code, the reports that contain it, the summary, and what to do next. */

import { oneArrayHint } from "../input/formats/format_hint.ts";
import type { LineSource } from "../input/line_source.ts";
import type { Unclaimed } from "../journal/keeper.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Failures } from "../progress/failures.ts";
import { plural } from "../progress/format.ts";
import type { Progress } from "../progress/progress.ts";
import type { Tally } from "../progress/tally.ts";
import type { Reporting } from "../report/reporting.ts";
import type { ErrorText } from "../task/error_text.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import { type Ending, ExitCode, exitCodeOf } from "./exit_code.ts";
import type { Host } from "./host.ts";
import type { LastWords } from "./last_words.ts";
import type { RunSpan } from "./run_span.ts";
import type { Stopping } from "./stopping.ts";

interface ClosingInit {
  options: Pick<RunOptions, "errors" | "progress" | "from" | "args" | "maxInputs">;
  reference: Pick<ModuleReference, "name">;
  text: Pick<ErrorText, "line">;
  host: Pick<Host, "settledConcurrency" | "settledRates">;
  source: Pick<LineSource, "beginning" | "notRun" | "overrun">;
  tally: Tally;
  stopping: Pick<Stopping, "stoppedBy" | "trouble">;
  progress: Progress;
  failures: Pick<Failures, "finish">;
  words: LastWords;
  say(line: string): void;
  /** Absent without a report. */
  reporting?: Pick<Reporting, "finish">;
  /** Absent without OpenTelemetry. */
  span?: Pick<RunSpan, "count" | "end">;
}

/** The findings after the last input. */
interface Findings {
  /** Outcomes in the journal that have no input; absent without a journal. */
  unclaimed: Unclaimed | undefined;
  /** What `teardown` of the module threw on workers. */
  teardownErrors: unknown[];
}

export class Closing {
  readonly #init: ClosingInit;

  constructor(init: ClosingInit) {
    this.#init = init;
  }

  /** Sums up a run in which nothing runs any more. */
  sumUp({ unclaimed, teardownErrors }: Findings): ExitCode {
    const { options, reference, text, source, tally, stopping, progress, failures, words, say } = this.#init;
    const { trouble } = stopping;
    failures.finish(options.errors ? `all are in ${options.errors}` : "--errors FILE keeps them all");
    words.teardown(teardownErrors, reference.name, text);
    const isOne = tally.ok === 1 && tally.read === 1;
    const hint = isOne ? oneArrayHint(source.beginning, options) : undefined;
    if (hint) say(`polyloop: ${hint}`);
    if (unclaimed) words.unclaimed(unclaimed);
    if (trouble?.line !== undefined) say(`polyloop: ${trouble.line}`);
    const isIncomplete = trouble !== undefined || tally.left > 0 || tally.unread;
    const code = this.#decide({ isIncomplete, failed: tally.failed + tally.before.failed });
    // A closed stdout is a trouble without a line, because nobody reads the summary.
    if (trouble === undefined || trouble.line !== undefined || options.progress === "json") {
      this.#saySettled();
      progress.sumUp(code);
    }
    if (!isIncomplete) this.#sayCut();
    if (isIncomplete) words.goOn();
    else if (code === ExitCode.failures) words.retry();
    return code;
  }

  /** Writes a short summary of a run whose process exits at once. */
  atOnce(): ExitCode {
    const { options, progress, span, words } = this.#init;
    const code = this.#decide({ isIncomplete: true });
    span?.end(code);
    if (options.progress === "json") progress.sumUp(code);
    words.goOn();
    return code;
  }

  /** Decides the exit code, and writes the reports, which contain it. */
  #decide(ending: Ending): ExitCode {
    const { stopping, span, reporting, tally, say } = this.#init;
    span?.count(tally);
    const code = exitCodeOf({ ...ending, stoppedBy: stopping.stoppedBy });
    const troubles = reporting?.finish(code, tally) ?? [];
    troubles.forEach(say);
    return troubles.length > 0 && code === ExitCode.ok ? exitCodeOf({ isIncomplete: true }) : code;
  }

  /** Says what the maximum number of inputs has cut off. */
  #sayCut(): void {
    const { options: { maxInputs }, source: { notRun, overrun }, say } = this.#init;
    const cut = (words: string) => say(`polyloop: --max-inputs ${maxInputs}: ${words}`);
    if (notRun > 0) cut(`${plural(notRun, "further input")} did not run`);
    if (overrun === 0) return;
    const inputs = plural(overrun, "input");
    cut(`not in the output: ${inputs} that had started before an earlier one added others`);
  }

  #saySettled(): void {
    const { host: { settledConcurrency, settledRates }, options: { progress }, say } = this.#init;
    if (progress !== "auto" && progress !== "plain") return;
    if (settledConcurrency !== undefined) {
      say(`polyloop: concurrency settled at ${settledConcurrency} per worker`);
    }
    for (const { text, found } of settledRates) say(`polyloop: --rate ${text} settled at ${found}`);
  }
}
