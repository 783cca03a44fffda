/**
 * Creates the parts of a run and connects them. This is the only file that names every part and what it gets.
 *
 * @module
 */

import type { EachOutput, Encoding } from "../../wire/message.ts";
import { AddedInputs } from "../input/added_inputs.ts";
import { LinePump, type LineSink } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import { readAgain } from "../input/read_again.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Layout } from "../output/layout.ts";
import { layoutOf } from "../output/layouts.ts";
import { OutcomeWriter } from "../output/outcome_writer.ts";
import { ErrorKinds } from "../progress/error_kinds.ts";
import { Failures } from "../progress/failures.ts";
import type { OldestInput } from "../progress/figures.ts";
import { GIVE_BACK } from "../progress/live_line.ts";
import { type Progress, startProgress } from "../progress/progress.ts";
import { RunClock } from "../progress/run_clock.ts";
import { RunSums } from "../progress/run_sums.ts";
import { Tally } from "../progress/tally.ts";
import type { TaskLines } from "../progress/task_lines.ts";
import { isTerminal, printLine, printObjectsAlone } from "../progress/terminal.ts";
import type { LastResort } from "../signals/watch.ts";
import { isStdinTerminal, readsStdin, writesAside } from "../stdio/stdio.ts";
import { Closing } from "./closing.ts";
import { EarlyFailures } from "./early_failures.ts";
import type { ExitCode } from "./exit_code.ts";
import { guardThread } from "./guard_thread.ts";
import type { Host } from "./host.ts";
import { LastWords } from "./last_words.ts";
import type { Opened } from "./open_files.ts";
import { Outcomes } from "./outcomes.ts";
import { RunSpan } from "./run_span.ts";
import { Stopping } from "./stopping.ts";

/** The parts of a run, connected. */
export interface Parts {
  /** Prints what tasks print; absent without `--tag`. */
  taskLines: TaskLines | undefined;
  source: LineSource;
  clock: RunClock;
  tally: Tally;
  progress: Progress;
  stopping: Stopping;
  writer: OutcomeWriter;
  pump: LinePump;
  closing: Closing;
  /** Absent without a journal. */
  keeper: Keeper | undefined;
  /** Absent if tasks do not run in the main thread. */
  guard: { stop(): void } | undefined;
  /** What `teardown` of the module threw on workers, so far. */
  teardownErrors: unknown[];
  /** Ends what the host reports. */
  unwatch(): void;
}

/** Parts that only some runs need, and that are loaded only for them. */
interface Loaded {
  layout?: Layout;
  startReporting?: typeof import("../report/reporting.ts").startReporting;
  Keeper?: typeof import("../journal/keeper.ts").Keeper;
  BatchFeed?: typeof import("../input/batch_feed.ts").BatchFeed;
}

/** Makes the parts of a run. */
export async function assemble(host: Host, opened: Opened): Promise<Parts> {
  const { options, input, reports, journal } = opened;
  return connect(host, opened, {
    layout: await layoutOf(options, input.columns),
    startReporting: reports && (await import("../report/reporting.ts")).startReporting,
    Keeper: journal && (await import("../journal/keeper.ts")).Keeper,
    BatchFeed: options.batch === undefined ? undefined : (await import("../input/batch_feed.ts")).BatchFeed,
  });
}

/** In one turn of the event loop, so that a signal or the deadline never finds a part missing. */
function connect(host: Host, opened: Opened, { layout, startReporting, Keeper, BatchFeed }: Loaded): Parts {
  const { options, reference, text, input, files, journal, session, flags, reports, taskLines } = opened;
  const { retryFailed = false } = opened;
  const asObjects = options.progress === "json";
  const inThisThread = options.isolation === "none";
  const span = RunSpan.here();
  span?.begin(options, reference);
  const source = new LineSource(input, {
    window: host.window,
    added: new AddedInputs({
      most: typeof options.maxInputs === "number" ? options.maxInputs : Infinity,
      revisit: options.revisit,
      ordered: !options.unordered,
      isJson: input.format.encoding !== "text",
      readAgain: (count) => readAgain(options, count),
    }),
  });
  const kinds = new ErrorKinds();
  const retryKinds = new ErrorKinds();
  const reporting = startReporting?.({
    files: reports!,
    options,
    flags,
    reference,
    executor: host,
    source,
    journal: journal && { db: journal.db, retryFailed },
  });
  const clock = new RunClock({ mayBlock: inThisThread });
  const { workers, processes } = host;
  const sums = new RunSums(() => host.stats().spent, opened.spentBefore);
  const tally = new Tally(source, { input, workers, processes, clock, sums });
  const progress = startProgress({
    mode: options.progress,
    tally,
    stats: () => host.stats(),
    oldest,
    kinds,
    retryKinds,
    errorsFile: options.errors,
  });
  if (asObjects) printObjectsAlone();
  if (readsStdin(options) && isStdinTerminal()) {
    printLine("polyloop: reading inputs from the terminal, one per line (Ctrl-D ends them)");
  }
  const words = new LastWords({ options, journal, retryFailed, say: printLine });
  const stopping = new Stopping({
    options,
    host,
    say: printLine,
    beforeLeaving,
    lastResort: lastResortOf(options, words.command),
  });
  const giveUp = (line: string | undefined) => stopping.giveUp(line);
  const failures = new Failures({ text, asObjects, beforePrinting: () => stopping.beforePrinting() });
  const guard = inThisThread ? guardThread({ text, giveUp, beforeLeaving }) : undefined;
  const writer = new OutcomeWriter({
    options,
    files,
    source,
    layout,
    misfit: (final, error) => outcomes.misfit(final, error),
    giveUp,
  });
  const keeper = Keeper && new Keeper({
    journal: journal!,
    session: session!,
    source,
    retryFailed,
    keepsWhereabouts: options.envelope === "full",
    sendsOccurrences: host.keysByContent,
    deliver: (final) => pump.waitFor(outcomes.earlier(final)),
    progress: () => {
      const { inFlight, spent } = host.stats();
      return {
        read: tally.read,
        total: tally.total ?? null,
        totalIsExact: tally.totalIsExact,
        inFlight,
        spent,
        done: { ok: tally.ok, failed: tally.failed },
      };
    },
    onFailure: ({ message }) => giveUp(journalFailure(options.journal, message)),
  });
  const recorder = reporting?.recorder;
  const outcomes = new Outcomes({
    options,
    reference,
    text,
    source,
    clock,
    tally,
    failures,
    kinds,
    retryKinds,
    tellsRetries: host.tellsRetries,
    stopping,
    early: tellsEarly(options) ? new EarlyFailures({ tally, kinds, say: printLine }) : undefined,
    writer,
    keepsErrors: options.envelope !== false || files.errors !== undefined || keeper !== undefined ||
      recorder !== undefined,
    say: printLine,
    keeper,
    recorder,
  });
  const closing = new Closing({
    options,
    reference,
    text,
    host,
    source,
    tally,
    stopping,
    progress,
    failures,
    words,
    say: printLine,
    reporting,
    span,
  });
  const teardownErrors: unknown[] = [];
  const unwatch = host.watch({
    workerStarted: () => tally.workerStarted(),
    paused: (pause) => tally.pauses.add(pause),
    teardownFailed: (error) => teardownErrors.push(error),
    giveUp,
  }, keeper);
  const batch = BatchFeed !== undefined;
  const pump: LinePump = new LinePump({
    executor: host,
    task: reference.task,
    source,
    select: keeper && ((lines, index) => keeper.toRun(lines, index)),
    sink: taskLines ? endingLines(outcomes, taskLines) : outcomes,
    spanOf: span && ((first, count) => span.ofInputs({ source, keeper, batch }, first, count)),
    batching: BatchFeed &&
      ((feed) => new BatchFeed({ ...feed, size: options.batch!, isStuck: () => source.isFull })),
    options: {
      signal: stopping.abort,
      // A journal keeps JSON, and an envelope is laid out as a whole.
      rowsNow: layout && !keeper && !options.envelope ? () => layout.rows : undefined,
      drain: stopping.drain,
      each: eachOf(options),
      timed: options.envelope === "full",
      // Each job would run an input that several of them find.
      adds: options.shard
        ? "with --shard, tasks cannot add inputs, because other jobs may add the same ones"
        : true,
      encoding: {
        input: input.format.encoding,
        output: outputOf(options),
        columns: input.columns,
        batch,
        keyed: keeper && host.keysByContent ? "content" : undefined,
      },
    },
  });
  taskLines?.connect({
    inputOf: (index) => pump.inputOf(index),
    placesOf(index) {
      const count = pump.inputOf(index)!;
      const [first, last] = [count, count + pump.sizeOf(index) - 1].map((one) =>
        keeper?.indexNow(one) ?? one
      );
      return source.has(first) ? [source.originOf(first), source.originOf(last)] : undefined;
    },
  });
  reporting?.watch({ clock, pressure: () => host.pressure(), waitsFor: () => pump.waitsFor });
  return {
    taskLines,
    source,
    clock,
    tally,
    progress,
    stopping,
    writer,
    pump,
    closing,
    keeper,
    guard,
    teardownErrors,
    unwatch,
  };

  /** Keeps outcomes and prints messages before the process exits at once. */
  function beforeLeaving(): ExitCode {
    taskLines?.finish();
    progress.stop();
    guard?.stop();
    keeper?.commit();
    return closing.atOnce();
  }

  /** The input that has been in flight for longest, where that is known. */
  function oldest(): OldestInput | undefined {
    const found = host.oldest();
    const count = found && pump.inputOf(found.index);
    if (count === undefined) return undefined;
    const { number: line } = source.originOf(keeper ? keeper.indexNow(count) : count);
    return { line, ms: clock.ran(performance.now() - found!.sent), ends: options.timeout !== undefined };
  }
}

/** The actions of the signals' own thread while the main thread is blocked. */
function lastResortOf(
  { isolation = "thread", progress }: RunOptions,
  resume: string | undefined,
): LastResort {
  return {
    // The output of processes goes through the main thread, which waits until stderr is read.
    mayBlock: isolation !== "thread" || !writesAside(),
    restore: progress === "auto" && isTerminal() ? GIVE_BACK : "",
    words: {
      busy: isolation === "none" ? "stopping; waiting for a task that blocks the main thread" : undefined,
      resume,
      json: progress === "json",
    },
  };
}

/** A sink that prints the last line of a task before its outcome, even if the line has no end. */
function endingLines(sink: LineSink, lines: TaskLines): LineSink {
  return {
    succeeded(index, micros, results, workerId) {
      lines.ended(index, results.length);
      return sink.succeeded(index, micros, results, workerId);
    },
    settled(index, outcome) {
      lines.ended(index);
      return sink.settled(index, outcome);
    },
    retried(index, task, error) {
      lines.ended(index);
      sink.retried?.(index, task, error);
    },
    yielded: (index, outputs) => sink.yielded?.(index, outputs),
  };
}

/** Whether it is said how to stop a run that fails from its start. With `--halt`, the user knows. */
function tellsEarly({ halt, progress }: RunOptions): boolean {
  return halt === undefined && progress !== "none";
}

/** Returns the form in which workers send results. */
function outputOf({ to, envelope }: RunOptions): Encoding["output"] {
  if (envelope) return "json";
  return to === "lines" ? "text" : to === "csv" || to === "tsv" ? "object" : "json";
}

/**
 * Number of characters that a generator yields before any of them leave its worker, if outputs are in order. A guess: longer,
 * generators that wait for their turn take more memory; shorter, fewer attempts that fail have written nothing.
 */
const HELD = 256 * 1024;

/** Returns how the outputs of a generator are sent; undefined if they are one array. */
function eachOf({ envelope, batch, journal, retries, unordered }: RunOptions): EachOutput | undefined {
  // An envelope stands for an input. A generator with --batch yields one result for each input.
  if (envelope || batch !== undefined) return undefined;
  // Lines that were written cannot be taken back if the attempt fails.
  if (journal !== undefined || retries > 0) return { held: Infinity };
  return { held: unordered ? 0 : HELD };
}

function journalFailure(path: string | undefined, message: string): string {
  const reason = /disk is full|disk I\/O/.test(message) ? "no space left on the device" : message;
  return `Cannot write to the journal ${path}: ${reason}`;
}
