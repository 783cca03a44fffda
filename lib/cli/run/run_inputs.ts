/**
 * The run itself: input → `Executor` → output. It counts and writes outcomes, and decides when to stop. Workers read the
 * lines' content.
 *
 * @module
 */

import { ModuleLoadError } from "../../errors.ts";
import { isThrown } from "../../executor/calls/thrown.ts";
import type { DistributedExecutor } from "../../distributed/executor.ts";
import { HIGHEST_LEVEL } from "../../executor/queue/auto_concurrency.ts";
import type { Executor } from "../../executor/executor.ts";
import type { TaskFacts } from "../../executor/calls/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import type { Encoding } from "../../wire/message.ts";
import type { ErrorText } from "../task/error_text.ts";
import { ExitCode } from "../exit_code.ts";
import { hintFor, oneArrayHint } from "../input/formats/format_hint.ts";
import { LinePump, type Settled } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import type { RunInput } from "../input/run_input.ts";
import type { Journal } from "../journal/file/journal_file.ts";
import { resumeCommand } from "../journal/resume_command.ts";
import type { SessionWriter } from "../journal/rows/sessions.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import type { RunOptions } from "../flags/options.ts";
import { layoutOf } from "../output/layouts.ts";
import type { OutputFiles } from "../output/output_files.ts";
import { type Final, OutcomeWriter } from "../output/outcome_writer.ts";
import { ErrorKinds } from "../progress/error_kinds.ts";
import { deniedOf } from "../task/permissions.ts";
import type { OldestInput } from "../progress/figures.ts";
import { Failures } from "../progress/failures.ts";
import { plural } from "../progress/format.ts";
import { GIVE_BACK } from "../progress/live_line.ts";
import { startProgress } from "../progress/progress.ts";
import { RunClock } from "../progress/run_clock.ts";
import { tellStuckThread } from "../progress/stuck_thread.ts";
import { Tally } from "../progress/tally.ts";
import { isTerminal, printLine, printObjectsAlone } from "../progress/terminal.ts";
import type { ReportFiles } from "../report/report_files.ts";
import { isStdinTerminal, readsStdin, writesAside } from "../stdio/stdio.ts";
import { watchSlotSignals } from "./slot_signals.ts";
import { Stopping } from "./stopping.ts";
import { RunSpan } from "./run_span.ts";
import { systemReason } from "../user_error.ts";
import { guardThread } from "./guard_thread.ts";
import { loadFailure } from "../task/load_task.ts";

/** What was checked and opened. */
interface Opened {
  options: RunOptions;
  /** What they were made of: the flags, and what a config has. */
  flags: Record<string, unknown>;
  reference: ModuleReference;
  text: ErrorText;
  input: RunInput;
  files: OutputFiles;
  journal?: Journal;
  /** Its row of this run. */
  session?: SessionWriter;
  /** What is to be made of the run beside its results. */
  reports?: ReportFiles;
  /** Whether inputs that failed before are run again. */
  retryFailed?: boolean;
  /** Whether the journal's outcomes of inputs that are not there are removed. */
  forget?: boolean;
  /** The executor, where its workers are on other machines. */
  distributed?: DistributedExecutor;
}

/** So far may results in order be ahead of a slow one, at least; how much text that may be has a limit of its own. */
const LEAST_WINDOW = 16_384;

/** The same for workers on other machines, of which nobody knows how many there will be. */
const FAR_WINDOW = 65_536;

/** How long `teardown` may take once a run was aborted, beyond the grace period, in milliseconds. */
const TEARDOWN_TIME = 5_000;

/** Runs every input, and reports the outcomes on stderr. */
export async function runInputs(executor: Executor | DistributedExecutor, opened: Opened): Promise<ExitCode> {
  const {
    options,
    reference,
    text,
    input,
    files,
    journal,
    session,
    flags,
    reports,
    retryFailed = false,
    forget = false,
  } = opened;
  const workers = options.workers ?? navigator.hardwareConcurrency;
  const { batch } = options;
  const { distributed } = opened;
  const span = RunSpan.here();
  span?.begin(options, reference);
  const most = 4 * workers * slotsOf(options) * (batch ?? 1);
  const source = new LineSource(input, { window: distributed ? FAR_WINDOW : Math.max(LEAST_WINDOW, most) });
  const reporting = reports && (await import("../report/reporting.ts"))
    .startReporting({
      files: reports,
      options,
      flags,
      reference,
      executor,
      source,
      journal: journal && { db: journal.db, retryFailed },
    });
  const clock = new RunClock({ mayBlock: options.isolation === "none" });
  const processes = options.isolation === "process" && !distributed ? workers : 0;
  const tally = new Tally(source, { input, workers, processes, clock });
  (executor as Executor).addEventListener("workerstart", tally.workerStarted);
  const kinds = new ErrorKinds();
  const progress = startProgress({
    mode: options.progress,
    tally,
    stats: () => executor.stats(),
    oldest,
    kinds,
    errorsFile: options.errors,
  });
  const asObjects = options.progress === "json";
  if (asObjects) printObjectsAlone();
  const failures = new Failures({ text, asObjects, beforePrinting: () => stopping.beforePrinting() });
  // Those that had failed and have not run again would otherwise stay failed.
  const resumeFlag = retryFailed ? "--retry-failed" : undefined;
  if (readsStdin(options) && isStdinTerminal()) {
    printLine("polyloop: reading inputs from the terminal, one per line (Ctrl-D ends them)");
  }
  const stopping = new Stopping({
    options,
    say: printLine,
    inFlight: () => executor.stats().inFlight,
    farWorkers: () => distributed?.stats().slots,
    beforeLeaving,
    lastResort: {
      // What processes print goes through the main thread, and waits there for who reads stderr.
      mayBlock: (options.isolation ?? "thread") !== "thread" || !writesAside(),
      restore: options.progress === "auto" && isTerminal() ? GIVE_BACK : "",
      words: {
        busy: options.isolation === "none"
          ? "stopping; waiting for a task that blocks the main thread"
          : undefined,
        resume: journal && resumeCommand(journal.path, { ...options, flag: resumeFlag }),
        json: asObjects,
      },
    },
  });
  // On other machines it is the workers who say how many.
  const unwatch = distributed ? () => {} : watchSlotSignals(executor as Executor, printLine);
  const { abort, giveUp } = stopping;
  const teardownErrors: unknown[] = [];
  (executor as Executor).addEventListener("teardownfailed", (event) => {
    event.preventDefault();
    teardownErrors.push(event.detail.error);
  });
  tellStuckThread(executor as Executor);
  let saidRetryAfter = false;
  (executor as Executor).addEventListener("retryafterunknown", (event) => {
    event.preventDefault();
    if (saidRetryAfter) return;
    saidRetryAfter = true;
    const told = JSON.stringify(event.detail.retryAfter) ?? String(event.detail.retryAfter);
    printLine(
      `polyloop: the retryAfter of an error is ${told}, which is neither seconds nor an HTTP date. The delay of --backoff applies`,
    );
  });
  const guard = options.isolation === "none" ? guardThread({ text, giveUp, beforeLeaving }) : undefined;
  const layout = await layoutOf(options, input.columns);
  const writer = new OutcomeWriter({ options, files, source, layout, misfit, giveUp });
  const { Keeper } = journal ? await import("../journal/keeper.ts") : {};
  const keeper = journal && session && Keeper &&
    new Keeper({
      journal,
      session,
      source,
      retryFailed,
      sendsOccurrences: !distributed,
      deliver,
      progress: () => ({
        read: tally.read,
        total: tally.total ?? null,
        totalIsExact: !tally.unread,
        inFlight: executor.stats().inFlight,
        done: { ok: tally.ok, failed: tally.failed },
      }),
      onFailure: (error) => giveUp(keepFailure(error)),
    });
  const errorsWanted = options.envelope || files.errors !== undefined || keeper !== undefined ||
    reporting !== undefined;

  distributed?.addEventListener("notice", ({ detail }) => printLine(`polyloop: ${detail.message}`));
  distributed?.addEventListener("failed", ({ detail }) => giveUp(detail.error.message));
  // What is in the journal need not be in Redis any more.
  if (keeper) {
    distributed?.keepBy({
      commit: () => keeper.commit(),
      keysOf: (first, count) => keeper.keysOf(first, count),
    });
  }

  const { BatchFeed } = batch === undefined ? {} : await import("../input/batch_feed.ts");
  const pump = new LinePump({
    executor,
    task: reference.task,
    source,
    select: keeper && ((lines, index) => keeper.toRun(lines, index)),
    sink: { succeeded, settled, retried },
    spanOf: span &&
      ((first, count) => span.ofInputs({ source, keeper, batch: batch !== undefined }, first, count)),
    batching: BatchFeed &&
      ((feed) => new BatchFeed({ ...feed, size: batch!, isStuck: () => source.isFull })),
    options: {
      signal: abort.signal,
      drain: stopping.drain.signal,
      encoding: {
        input: input.format.encoding,
        output: outputOf(options),
        columns: input.columns,
        batch: batch !== undefined,
        keyed: keeper && !distributed ? "content" : undefined,
      },
    },
  });
  await stopping.ready;
  try {
    await pump.run();
  } catch (error) {
    if (!abort.signal.aborted) giveUp(`The run cannot go on: ${text.line(error)}`);
  }
  if (source.failure) giveUp(`Cannot read ${source.reading}: ${systemReason(source.failure)}`);
  await writer.finish();
  for (const path of files.deleted()) {
    giveUp(`${path} was deleted while the run wrote to it, so its content is lost`);
  }
  if (!stopping.trouble && tally.left === 0) stopping.countFailures(tally, { atEnd: true });
  const unclaimed = keeper?.finish({ complete: !stopping.trouble && tally.left === 0, forget });
  await closeExecutor();
  progress.stop();
  clock.stop();
  stopping.end();
  unwatch();
  guard?.stop();
  return finish();

  /** Many at once, in the common case as they will be written. */
  function succeeded(
    first: number,
    micros: number | number[],
    results: Values,
    workerId: number,
  ): Promise<unknown> | undefined {
    tally.ok += results.length;
    if (typeof micros === "number") tally.ran(micros / 1_000, results.length);
    else for (const one of micros) tally.ran(one / 1_000);
    const asTheyAre = results instanceof Lines && !options.envelope && (keeper?.countsAll ?? true);
    if (asTheyAre && !keeper && !reporting) return writer.addResults({ index: first, lines: results });
    const texts = results instanceof Lines ? results.toArray() : results;
    const endedAt = clock.now();
    let pause: Promise<unknown> | undefined;
    for (let at = 0; at < texts.length; at++) {
      const ms = clock.ran((typeof micros === "number" ? micros : micros[at]) / 1000);
      const index = keeper ? keeper.indexOf(first + at) : first + at;
      const final = { index, value: texts[at] as string, attempts: 1, ms, error: undefined };
      reporting?.recorder.settled({ index, ok: true, ms, workerId, at: endedAt, error: undefined });
      keeper?.keep(final);
      if (!asTheyAre) pause = writer.add(final) ?? pause;
    }
    return asTheyAre ? writer.addResults({ index: first, lines: results }) : pause;
  }

  function settled(count: number, { ok, value, task }: Settled): Promise<unknown> | undefined {
    const { drain } = stopping;
    // It was not started; the summary counts it as what is left.
    if (!ok && drain.signal.aborted && value === drain.signal.reason) return undefined;
    const index = keeper ? keeper.indexOf(count) : count;
    const attempts = task?.attempt ?? 0;
    const ms = clock.ran((task?.micros ?? 0) / 1000);
    if (!ok && abort.signal.aborted && value === abort.signal.reason) {
      tally.stopped++;
      return void writer.skip(index);
    }
    if (!ok && value instanceof ModuleLoadError && ms === 0 && !isThrown(value)) {
      // No worker can be had any more: every other input would fail of the same.
      writer.skip(index);
      return void giveUp(loadFailure(value, reference.name, text));
    }
    if (attempts > 1) tally.retries += attempts - 1;
    if (task) tally.ran(task.micros / 1_000);
    const workerId = task?.workerId ?? 0;
    if (!ok) return failed({ index, attempts, ms }, value, workerId);
    tally.ok++;
    return settle({ index, value: value as string, attempts, ms, error: undefined }, workerId);
  }

  /** The input that has been in flight for longest; nobody knows of those on other machines. */
  function oldest(): OldestInput | undefined {
    const found = distributed ? undefined : (executor as Executor).oldestInFlight();
    const count = found && pump.inputOf(found.index);
    if (count === undefined) return undefined;
    const line = source.originOf(keeper ? keeper.indexNow(count) : count).number;
    const ms = clock.ran(performance.now() - found!.sent);
    return { line, ms, ends: options.timeout !== undefined };
  }

  /** An attempt failed, and another will follow. */
  function retried(count: number, { micros, workerId }: TaskFacts): void {
    if (!reporting) return;
    const index = keeper ? keeper.indexNow(count) : count;
    reporting.recorder.tried({ index, ms: clock.ran(micros / 1_000), workerId, at: clock.now() });
  }

  function failed(
    run: { index: number; attempts: number; ms: number },
    reason: unknown,
    workerId: number,
  ): Promise<unknown> | undefined {
    tally.failed++;
    const origin = source.originOf(run.index);
    failures.add({ ...origin, index: run.index }, reason, deniedOf(reason));
    kinds.add(reason, () => text.line(reason));
    const hint = run.index === 0 ? hintFor(origin.line, reason, options) : undefined;
    if (hint) printLine(`polyloop: ${hint}`);
    const error = errorsWanted ? text.record(reason) : undefined;
    stopping.countFailures(tally);
    return settle({ ...run, value: undefined, error }, workerId);
  }

  function settle(final: Final, workerId: number): Promise<unknown> | undefined {
    const { index, value, ms, error } = final;
    reporting?.recorder.settled({
      index,
      ok: value !== undefined,
      ms,
      workerId,
      at: clock.now(),
      error,
    });
    // What fails once a run is being aborted may fail of that: it runs again.
    if (final.value !== undefined || !abort.signal.aborted) keeper?.keep(final);
    return writer.add(final);
  }

  /** A result that has no place in the output. Its task has ended well, but who reads the output would never know. */
  function misfit({ index, before }: Final, error: Error): void {
    const counts = before ? tally.before : tally;
    counts.ok--;
    counts.failed++;
    failures.add({ ...source.originOf(index), index }, error);
    kinds.add(error, () => text.line(error));
    stopping.countFailures(tally);
  }

  /** Takes an outcome that the journal had. */
  function deliver(final: Final): void {
    if (final.value === undefined) tally.before.failed++;
    else tally.before.ok++;
    pump.waitFor(writer.add({ ...final, before: true }));
  }

  function keepFailure({ message }: Error): string {
    const reason = /disk is full|disk I\/O/.test(message) ? "no space left on the device" : message;
    return `Cannot write to the journal ${options.journal}: ${reason}`;
  }

  function beforeLeaving(): void {
    progress.stop();
    guard?.stop();
    keeper?.commit();
    const code = report(stopping.code ?? ExitCode.incomplete);
    span?.end(code);
    if (asObjects) progress.sumUp(code);
    sayResume();
  }

  function report(code: ExitCode): ExitCode {
    span?.count(tally);
    const troubles = reporting?.finish(code, tally) ?? [];
    for (const line of troubles) printLine(line);
    return troubles.length > 0 && code === ExitCode.ok ? ExitCode.incomplete : code;
  }

  /** Says how many outcomes of the journal belong to inputs that are missing now. */
  function sayUnclaimed(): void {
    if (!unclaimed) return;
    const { kept, forgotten } = unclaimed;
    const outcomes = (count: number) =>
      `${plural(count, "outcome")} whose ${count === 1 ? "input is" : "inputs are"} missing`;
    if (forgotten > 0) printLine(`polyloop: removed ${outcomes(forgotten)} from ${journal!.path}`);
    if (kept === 0) return;
    const forget = resumeCommand(journal!.path, { ...options, flag: "--forget" });
    printLine(
      `polyloop: kept ${outcomes(kept)} in ${journal!.path} (${forget} removes ${
        kept === 1 ? "it" : "them"
      })`,
    );
  }

  function sayRetry(): void {
    if (!journal?.isInPlace()) return;
    const command = resumeCommand(journal.path, { ...options, flag: "--retry-failed" });
    printLine(`polyloop: to run the failed inputs again: ${command}`);
  }

  function sayResume(): void {
    // It was deleted while the run wrote to it.
    if (!journal?.isInPlace()) return;
    printLine(`polyloop: to go on: ${resumeCommand(journal.path, { ...options, flag: resumeFlag })}`);
  }

  async function closeExecutor(): Promise<void> {
    // A closed stdout: nobody is interested any more, so nobody waits for what still runs.
    if (stopping.trouble) return void executor.terminate();
    const aborted = abort.signal.aborted;
    const stopWaiting = () => void executor.terminate();
    if (!aborted) abort.signal.addEventListener("abort", stopWaiting);
    await executor.close(aborted ? { timeout: (options.grace ?? 5_000) + TEARDOWN_TIME } : {});
  }

  /** Each worker's fails alike, as a rule: one is shown. By then every result is there, so the exit code is theirs. */
  function sayTeardown(): void {
    if (teardownErrors.length === 0) return;
    const where = teardownErrors.length > 1 ? ` on ${teardownErrors.length} workers` : "";
    const error = text.line(teardownErrors[0]);
    printLine(
      `polyloop: teardown() of ${reference.name} failed${where}: ${error} (results and exit code stand)`,
    );
  }

  function finish(): ExitCode {
    const { trouble } = stopping;
    failures.finish(options.errors ? `all are in ${options.errors}` : "--errors FILE keeps them all");
    sayTeardown();
    const hint = tally.ok === 1 && source.pulled === 1 ? oneArrayHint(source.beginning, options) : undefined;
    if (hint) printLine(`polyloop: ${hint}`);
    sayUnclaimed();
    if (trouble?.line !== undefined) printLine(`polyloop: ${trouble.line}`);
    const incomplete = trouble !== undefined || tally.left > 0 || tally.unread;
    const ended = incomplete
      ? ExitCode.incomplete
      : tally.failed + tally.before.failed > 0
      ? ExitCode.failures
      : ExitCode.ok;
    const code = report(stopping.code ?? ended);
    // A trouble without words is a closed stdout: no person wants to know.
    const isQuiet = trouble !== undefined && trouble.line === undefined && !asObjects;
    if (!isQuiet) {
      if (!distributed && options.concurrency === "auto" && ["auto", "plain"].includes(options.progress)) {
        printLine(`polyloop: concurrency settled at ${executor.concurrency} per worker`);
      }
      progress.sumUp(code);
    }
    if (incomplete) sayResume();
    else if (code === ExitCode.failures) sayRetry();
    return code;
  }
}

/** How results come from the workers. */
function outputOf({ to, envelope }: RunOptions): Encoding["output"] {
  if (envelope) return "json";
  return to === "lines" ? "text" : to === "csv" || to === "tsv" ? "object" : "json";
}

/** How many slots a worker may come to have. */
function slotsOf({ concurrency = 16 }: RunOptions): number {
  return concurrency === "auto" ? HIGHEST_LEVEL : concurrency;
}
