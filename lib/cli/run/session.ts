/**
 * One run over all inputs, from the first to the exit code.
 *
 * ```
 * LineSource → LinePump → Host ⇄ workers
 *                           │
 *                        Outcomes ──→ OutcomeWriter → files
 *                           │  └────→ Tally, Keeper (journal), Recorder (reports), Failures
 *                        Stopping ──→ Closing ──→ exit code, reports, summary
 * ```
 *
 * The main thread moves lines and counts outcomes. Workers read the lines' content.
 */

import type { Unclaimed } from "../journal/keeper.ts";
import { systemReason } from "../user_error.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Host } from "./host.ts";
import type { Opened } from "./open_files.ts";
import { Parts } from "./parts.ts";

/** How long `teardown` may take after an abort, beyond the grace period, in milliseconds. A guess. */
const TEARDOWN_TIME = 5_000;

/** How long tasks may take to end after an abort, in milliseconds, if `--grace` says nothing else. */
const GRACE = 5_000;

export class RunSession {
  readonly #host: Host;
  readonly #opened: Opened;
  readonly #parts: Parts;

  private constructor(host: Host, opened: Opened, parts: Parts) {
    this.#host = host;
    this.#opened = opened;
    this.#parts = parts;
  }

  /** Runs every input, and shows the outcomes on stderr. */
  static async run(host: Host, opened: Opened): Promise<ExitCode> {
    return await new RunSession(host, opened, await Parts.assemble(host, opened)).#run();
  }

  async #run(): Promise<ExitCode> {
    const { progress, taskLines, clock, stopping, guard, closing, teardownErrors, unwatch } = this.#parts;
    await stopping.ready;
    await this.#runInputs();
    await this.#finishOutput();
    const unclaimed = this.#finishJournal();
    await this.#closeHost();
    taskLines?.finish();
    progress.stop();
    clock.stop();
    stopping.end();
    unwatch();
    guard?.stop();
    return closing.sumUp({ unclaimed, teardownErrors });
  }

  async #runInputs(): Promise<void> {
    const { source, stopping, pump } = this.#parts;
    try {
      await pump.run();
    } catch (error) {
      if (!stopping.abort.aborted) stopping.giveUp(`The run cannot go on: ${this.#opened.text.line(error)}`);
    }
    if (source.failure) stopping.giveUp(`Cannot read ${source.reading}: ${systemReason(source.failure)}`);
  }

  async #finishOutput(): Promise<void> {
    const { writer, stopping, tally } = this.#parts;
    await writer.finish();
    for (const path of this.#opened.files.deleted()) {
      stopping.giveUp(`${path} was deleted while the run wrote to it, so its content is lost`);
    }
    if (this.#hasRunAll) stopping.countFailures(tally, { atEnd: true });
  }

  #finishJournal(): Unclaimed | undefined {
    const { forget = false } = this.#opened;
    return this.#parts.keeper?.finish({ complete: this.#hasRunAll, forget });
  }

  /** Whether every input that was read has an outcome, and nothing was lost. */
  get #hasRunAll(): boolean {
    const { stopping, tally } = this.#parts;
    return !stopping.trouble && tally.left === 0;
  }

  async #closeHost(): Promise<void> {
    const { trouble, abort } = this.#parts.stopping;
    const host = this.#host;
    // Running tasks are not waited for: if stdout is closed, for example, their results have no reader.
    if (trouble) return void host.terminate();
    const { aborted } = abort;
    if (!aborted) abort.addEventListener("abort", () => void host.terminate());
    const { grace = GRACE } = this.#opened.options;
    await host.close(aborted ? { timeout: grace + TEARDOWN_TIME } : {});
  }
}
