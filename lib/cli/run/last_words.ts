/** Prints lines at the end of a run that say what to do next: how to resume, to retry, or to forget. */

import type { RunOptions } from "../flags/options.ts";
import type { Journal } from "../journal/file/journal_file.ts";
import type { Unclaimed } from "../journal/keeper.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import { plural } from "../progress/format.ts";
import type { ErrorText } from "../task/error_text.ts";

interface LastWordsInit {
  options: Pick<RunOptions, "input" | "args">;
  journal: Pick<Journal, "path" | "isInPlace"> | undefined;
  retryFailed: boolean;
  say(line: string): void;
}

export class LastWords {
  readonly #init: LastWordsInit;

  constructor(init: LastWordsInit) {
    this.#init = init;
  }

  /**
   * The command that resumes the run. Contains `--retry-failed` if the run had it; otherwise inputs that have not run
   * again would stay failed.
   */
  get command(): string | undefined {
    return this.#commandWith(this.#init.retryFailed ? "--retry-failed" : undefined);
  }

  goOn(): void {
    if (this.#isKept) this.#init.say(`polyloop: to go on: ${this.command}`);
  }

  retry(): void {
    if (!this.#isKept) return;
    this.#init.say(`polyloop: to run the failed inputs again: ${this.#commandWith("--retry-failed")}`);
  }

  /** Says how many outcomes in the journal belong to inputs that are missing now. */
  unclaimed({ kept, forgotten }: Unclaimed): void {
    const { say, journal } = this.#init;
    if (forgotten > 0) say(`polyloop: removed ${outcomesText(forgotten)} from ${journal!.path}`);
    if (kept === 0) return;
    say(
      `polyloop: kept ${outcomesText(kept)} in ${journal!.path} (${this.#commandWith("--forget")} removes ${
        kept === 1 ? "it" : "them"
      })`,
    );
  }

  /** Reports that `teardown` failed. Shows one error, because the workers usually fail for the same reason. */
  teardown(errors: unknown[], name: string, text: Pick<ErrorText, "line">): void {
    if (errors.length === 0) return;
    const where = errors.length > 1 ? ` on ${errors.length} workers` : "";
    this.#init.say(
      `polyloop: teardown() of ${name} failed${where}: ${
        text.line(errors[0])
      } (results and exit code stay the same)`,
    );
  }

  /** Whether there is a journal, and nobody has deleted it while the run wrote to it. */
  get #isKept(): boolean {
    return this.#init.journal?.isInPlace() ?? false;
  }

  #commandWith(flag: string | undefined): string | undefined {
    const { journal, options } = this.#init;
    return journal && resumeCommand(journal.path, { ...options, flag });
  }
}

function outcomesText(count: number): string {
  return `${plural(count, "outcome")} whose ${count === 1 ? "input is" : "inputs are"} missing`;
}
