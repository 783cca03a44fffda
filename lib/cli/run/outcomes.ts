/**
 * Receives the outcome of each input of a run, and passes it on: to the tally, the journal's keeper, the report's
 * recorder, stderr, and the writer of the results. There is one method for each way in which an input ends.
 */

import { ModuleLoadError } from "../../errors.ts";
import type { EarlyOutputs, TaskFacts } from "../../executor/tasks/feed.ts";
import { isThrown } from "../../executor/tasks/thrown.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import { eachNumber, listOf, numberAt, type Numbers } from "../../wire/series_numbers.ts";
import { hintFor } from "../input/formats/format_hint.ts";
import type { LineSink, Settled } from "../input/line_pump.ts";
import type { Places } from "../input/places.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Final, OutcomeWriter } from "../output/outcome_writer.ts";
import type { ErrorKinds } from "../progress/error_kinds.ts";
import type { Failures } from "../progress/failures.ts";
import type { RunClock } from "../progress/run_clock.ts";
import type { Tally } from "../progress/tally.ts";
import type { TaskLines } from "../progress/task_lines.ts";
import type { Reporting } from "../report/reporting.ts";
import type { ErrorText } from "../task/error_text.ts";
import { loadFailure } from "../task/load_task.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import { NOWHERE, type Whereabouts } from "../output/record.ts";
import { causeText } from "../task/cause_text.ts";
import { deniedOf } from "../task/denied.ts";
import type { EarlyFailures } from "./early_failures.ts";
import type { Host } from "./host.ts";
import type { Stopping } from "./stopping.ts";

export interface OutcomesInit {
  options: Pick<RunOptions, "envelope" | "from" | "args">;
  reference: Pick<ModuleReference, "name">;
  text: ErrorText;
  places: Pick<Places, "originOf">;
  clock: Pick<RunClock, "now" | "ran">;
  tally: Pick<Tally, "ok" | "failed" | "stopped" | "retries" | "before" | "done" | "ran" | "sums">;
  failures: Pick<Failures, "add">;
  kinds: Pick<ErrorKinds, "add">;
  retryKinds: Pick<ErrorKinds, "add">;
  host: Pick<Host, "tellsRetries">;
  stopping: Pick<Stopping, "drain" | "abort" | "giveUp" | "countFailures">;
  /** Absent if nothing is said of failures at the start. */
  early?: Pick<EarlyFailures, "failed">;
  writer: Pick<OutcomeWriter, "add" | "addEarly" | "addResults" | "retried" | "skip">;
  /** Whether an error is written to a file, the journal or a report. If not, its text is not made. */
  keepsErrors: boolean;
  say(line: string): void;
  keeper?: Pick<Keeper, "countsAll" | "indexOf" | "indexNow" | "keep" | "keepResults">;
  recorder?: Pick<Reporting["recorder"], "settled" | "tried">;
  taskLines?: Pick<TaskLines, "ended" | "add">;
}

/** The attempts of an input, how long the last one ran, and what it has counted and handed in. */
type Run = Pick<Final, "index" | "attempts" | "ms" | "counts" | "added" | "where">;

/**
 * Takes outcomes. `count` is the number of an input at the executor, from 0. If a journal has the outcomes of some
 * inputs, `count` differs from the `index` among all inputs. The caller awaits the result of a method before it reads
 * more inputs.
 */
export class Outcomes implements LineSink {
  /** Absent without `--tag`. */
  readonly printed: LineSink["printed"];
  readonly #init: OutcomesInit;

  constructor(init: OutcomesInit) {
    this.#init = init;
    const { taskLines } = init;
    this.printed = taskLines && ((input, piece, count) => {
      taskLines.add({ input, count, ...piece });
      return true;
    });
  }

  /** Takes the results of neighbouring inputs that succeeded at their first attempt. If no part needs their text, it is not read. */
  succeeded(
    first: number,
    micros: Numbers,
    results: Values,
    workerId: number,
  ): Promise<unknown> | undefined {
    const { options, tally, clock, writer, keeper, recorder, taskLines } = this.#init;
    taskLines?.ended(first, results.length);
    tally.ok += results.length;
    eachNumber(micros, results.length, (micros, count) => tally.ran(micros / 1_000, count));
    const asTheyAre = results instanceof Lines && !options.envelope && (keeper?.countsAll ?? true);
    if (!asTheyAre) return this.#eachSucceeded(first, micros, results, workerId);
    const msOf = (nth: number) => clock.ran(numberAt(micros, nth) / 1_000);
    if (recorder) {
      const at = clock.now();
      for (let nth = 0; nth < results.length; nth++) {
        recorder.settled({ index: first + nth, ok: true, ms: msOf(nth), workerId, at, error: undefined });
      }
    }
    keeper?.keepResults(first, results, msOf);
    return writer.addResults({ index: first, lines: results });
  }

  #eachSucceeded(
    first: number,
    micros: Numbers,
    results: Values,
    workerId: number,
  ): Promise<unknown> | undefined {
    const { clock, keeper, recorder, writer } = this.#init;
    const texts = results instanceof Lines ? results.toArray() : results;
    const times = listOf(micros, texts.length);
    const at = clock.now();
    let pause: Promise<unknown> | undefined;
    for (let nth = 0; nth < texts.length; nth++) {
      const ms = clock.ran(times[nth] / 1_000);
      const index = keeper ? keeper.indexOf(first + nth) : first + nth;
      const where = this.#whereOf({ workerId }, ms);
      const final = { index, value: texts[nth] as string, attempts: 1, ms, error: undefined, where };
      recorder?.settled({ index, ok: true, ms, workerId, at, error: undefined });
      keeper?.keep(final);
      pause = writer.add(final) ?? pause;
    }
    return pause;
  }

  settled(count: number, { ok, value, task }: Settled): Promise<unknown> | undefined {
    const { stopping: { drain, abort }, tally, host, clock, keeper, taskLines } = this.#init;
    taskLines?.ended(count);
    // The input was not started. The summary counts it as left.
    if (!ok && drain.aborted && value === drain.reason) return undefined;
    const index = keeper ? keeper.indexOf(count) : count;
    const ms = clock.ran((task?.micros ?? 0) / 1_000);
    const run: Run = {
      index,
      attempts: task?.attempt ?? 0,
      ms,
      counts: task?.counts,
      added: task?.added as string[] | undefined,
      where: this.#whereOf(task, ms),
    };
    if (!ok && abort.aborted && value === abort.reason) return this.#aborted(index);
    if (!ok && value instanceof ModuleLoadError && run.ms === 0 && !isThrown(value)) {
      return this.#unstartable(index, value);
    }
    if (!host.tellsRetries && run.attempts > 1) tally.retries += run.attempts - 1;
    if (task) tally.ran(task.micros / 1_000);
    if (run.counts) tally.sums.add(run.counts);
    const workerId = task?.workerId ?? 0;
    if (!ok) return this.#failed(run, value, workerId);
    tally.ok++;
    return this.#told({ ...run, value: value as string, error: undefined }, workerId);
  }

  /** When and where an attempt ran, if the envelope has it. What the worker could not tell any more is an estimate. */
  #whereOf(task: Partial<TaskFacts> | undefined, ms: number): Whereabouts | undefined {
    if (this.#init.options.envelope !== "full") return undefined;
    if (!task?.workerId) return NOWHERE;
    const { began, workerId: worker } = task;
    return began
      ? { started: began.at, worker, position: began.position }
      : { started: Math.round(Date.now() - ms), worker, position: null };
  }

  /** Takes an attempt that failed with `error`, and that another one will follow. */
  retried(count: number, { micros, workerId }: TaskFacts, error: unknown): void {
    const { recorder, keeper, clock, tally, retryKinds, text, writer, taskLines } = this.#init;
    taskLines?.ended(count);
    tally.retries++;
    retryKinds.add(error, () => text.line(error));
    const index = keeper ? keeper.indexNow(count) : count;
    writer.retried(index);
    recorder?.tried({
      index,
      ms: clock.ran(micros / 1_000),
      workerId,
      at: clock.now(),
      error: text.brief(error),
    });
  }

  yielded(count: number, outputs: EarlyOutputs): Promise<unknown> | undefined {
    const { keeper, writer } = this.#init;
    return writer.addEarly(keeper ? keeper.indexNow(count) : count, outputs);
  }

  /** Takes an outcome of an earlier session from the journal. */
  earlier(final: Final): Promise<unknown> | undefined {
    const { tally: { before, sums }, writer } = this.#init;
    if (final.counts) sums.add(final.counts);
    if (final.value === undefined) before.failed++;
    else before.ok++;
    return writer.add({ ...final, before: true });
  }

  /** Fails an input whose task has succeeded, because the output format cannot represent its result. */
  misfit({ index, before }: Final, error: Error): void {
    const { tally, stopping } = this.#init;
    const counts = before ? tally.before : tally;
    counts.ok--;
    counts.failed++;
    this.#show(index, error);
    stopping.countFailures(tally);
  }

  #aborted(index: number): undefined {
    this.#init.tally.stopped++;
    this.#init.writer.skip(index);
  }

  /** Stops the run, because no more workers can be started. Every other input would fail for the same reason. */
  #unstartable(index: number, error: ModuleLoadError): undefined {
    const { writer, stopping, reference, text } = this.#init;
    writer.skip(index);
    stopping.giveUp(loadFailure(error, reference.name, text));
  }

  #failed(run: Run, reason: unknown, workerId: number): Promise<unknown> | undefined {
    const { tally, options, stopping, keepsErrors, text, say, places } = this.#init;
    tally.failed++;
    this.#show(run.index, reason);
    const hint = run.index === 0 ? hintFor(places.originOf(0).line, reason, options) : undefined;
    if (hint) say(`polyloop: ${hint}`);
    const error = keepsErrors ? text.record(reason) : undefined;
    stopping.countFailures(tally);
    return this.#told({ ...run, value: undefined, error }, workerId, reason);
  }

  #show(index: number, reason: unknown): void {
    const { failures, kinds, places, text, early } = this.#init;
    failures.add(places.originOf(index), reason, deniedOf(reason));
    kinds.add(reason, () => text.line(reason));
    early?.failed();
  }

  #told(final: Final, workerId: number, reason?: unknown): Promise<unknown> | undefined {
    const { recorder, keeper, writer, clock, stopping } = this.#init;
    const { index, value, ms, attempts, error } = final;
    const ok = value !== undefined;
    const cause = recorder && reason instanceof Error ? causeText(reason) : undefined;
    recorder?.settled({ index, ok, ms, workerId, at: clock.now(), attempts, error, cause });
    // A failure during an abort may be caused by the abort, so a resume runs the input again.
    if (ok || !stopping.abort.aborted) keeper?.keep(final);
    return writer.add(final);
  }
}
