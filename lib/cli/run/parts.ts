/**
 * Creates the parts of a run and connects them. This is the only file that names every part and what it gets.
 */

import { AddedInputs } from "../input/added_inputs.ts";
import { LinePump } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import type { Origin } from "../input/origin.ts";
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
import type { Reporting } from "../report/reporting.ts";
import type { LastResort } from "../signals/watch.ts";
import { isStdinTerminal, readsStdin, writesAside } from "../stdio/stdio.ts";
import { Closing } from "./closing.ts";
import { EarlyFailures } from "./early_failures.ts";
import type { ExitCode } from "./exit_code.ts";
import { feedOptionsOf } from "./feed_options.ts";
import { guardThread } from "./guard_thread.ts";
import type { Host } from "./host.ts";
import { LastWords } from "./last_words.ts";
import type { Opened } from "./open_files.ts";
import { Outcomes } from "./outcomes.ts";
import { RunSpan } from "./run_span.ts";
import { Stopping } from "./stopping.ts";

/** Parts that only some runs need, and that are loaded only for them. */
interface Loaded {
  layout?: Layout;
  Reporting?: typeof import("../report/reporting.ts").Reporting;
  Keeper?: typeof import("../journal/keeper.ts").Keeper;
  BatchFeed?: typeof import("../input/batch_feed.ts").BatchFeed;
}

export class Parts {
  /** Prints what tasks print; absent without `--tag`. */
  readonly taskLines: TaskLines | undefined;
  readonly source: LineSource;
  readonly clock: RunClock;
  readonly tally: Tally;
  readonly progress: Progress;
  readonly stopping: Stopping;
  readonly writer: OutcomeWriter;
  readonly pump: LinePump;
  readonly closing: Closing;
  /** Absent without a journal. */
  readonly keeper: Keeper | undefined;
  /** Absent if tasks do not run in the main thread. */
  readonly guard: { stop(): void } | undefined;
  /** What `teardown` of the module threw on workers, so far. */
  readonly teardownErrors: unknown[] = [];
  /** Ends what the host reports. */
  readonly unwatch: () => void;
  readonly #host: Host;
  readonly #opened: Opened;
  readonly #words: LastWords;
  readonly #failures: Failures;
  readonly #outcomes: Outcomes;
  /** The errors of failed inputs, and of attempts that others follow. */
  readonly #kinds = new ErrorKinds();
  readonly #retryKinds = new ErrorKinds();
  /** Absent without a report. */
  readonly #reporting: Reporting | undefined;
  /** Absent without OpenTelemetry. */
  readonly #span = RunSpan.here();

  /** Makes the parts of a run. */
  static async assemble(host: Host, opened: Opened): Promise<Parts> {
    const { options, input, reports, journal } = opened;
    return new Parts(host, opened, {
      layout: await layoutOf(options, input.columns),
      Reporting: reports && (await import("../report/reporting.ts")).Reporting,
      Keeper: journal && (await import("../journal/keeper.ts")).Keeper,
      BatchFeed: options.batch === undefined ? undefined : (await import("../input/batch_feed.ts")).BatchFeed,
    });
  }

  /** In one turn of the event loop, so that a signal or the deadline never finds a part missing. */
  private constructor(host: Host, opened: Opened, { layout, Reporting, Keeper, BatchFeed }: Loaded) {
    this.#host = host;
    this.#opened = opened;
    const { options, reference, text, taskLines } = opened;
    const inThisThread = options.isolation === "none";
    this.#span?.begin(options, reference);
    this.source = this.#openSource();
    this.#reporting = Reporting && this.#startReporting(Reporting);
    this.clock = new RunClock({ mayBlock: inThisThread });
    this.tally = this.#startTally();
    this.progress = this.#startProgress();
    this.#words = this.#lastWords();
    this.stopping = this.#watchForStops();
    const asObjects = options.progress === "json";
    this.#failures = new Failures({ text, asObjects, beforePrinting: () => this.stopping.beforePrinting() });
    this.guard = inThisThread
      ? guardThread({ text, giveUp: this.#giveUp, beforeLeaving: this.#beforeLeaving })
      : undefined;
    this.writer = this.#openWriter(layout);
    this.keeper = Keeper && this.#openKeeper(Keeper);
    this.#outcomes = this.#takeOutcomes();
    this.closing = this.#prepareClosing();
    this.unwatch = this.#watchHost();
    this.pump = this.#connectPump(layout, BatchFeed);
    this.taskLines = taskLines;
    taskLines?.connect({
      inputOf: (index) => this.pump.inputOf(index),
      placesOf: (index) => this.#placesOf(index),
    });
    this.#reporting?.watch({
      clock: this.clock,
      pressure: () => host.pressure(),
      waitsFor: () => this.pump.waitsFor,
    });
  }

  #openSource(): LineSource {
    const { options, input } = this.#opened;
    return new LineSource(input, {
      window: this.#host.window,
      added: new AddedInputs({
        most: typeof options.maxInputs === "number" ? options.maxInputs : Infinity,
        revisit: options.revisit,
        ordered: !options.unordered,
        slots: () => this.#host.workers * this.#host.concurrency,
        isJson: input.format.encoding !== "text",
        readAgain: (count) => readAgain(options, count),
      }),
    });
  }

  #startReporting(Reporting: NonNullable<Loaded["Reporting"]>): Reporting {
    const { options, flags, reference, reports, journal, retryFailed = false } = this.#opened;
    return new Reporting({
      files: reports!,
      options,
      flags,
      reference,
      executor: this.#host,
      source: this.source,
      journal: journal && { db: journal.db, retryFailed },
    });
  }

  #startTally(): Tally {
    const { input, spentBefore } = this.#opened;
    const { workers, processes } = this.#host;
    const sums = new RunSums(() => this.#host.stats().spent, spentBefore);
    return new Tally(this.source, { input, workers, processes, clock: this.clock, sums });
  }

  #startProgress(): Progress {
    const { options } = this.#opened;
    const progress = startProgress({
      mode: options.progress,
      tally: this.tally,
      stats: () => this.#host.stats(),
      oldest: () => this.#oldest(),
      kinds: this.#kinds,
      retryKinds: this.#retryKinds,
      errorsFile: options.errors,
    });
    if (options.progress === "json") printObjectsAlone();
    if (readsStdin(options) && isStdinTerminal()) {
      printLine(
        "polyloop: reading inputs from the terminal, one per line (Ctrl-D, on Windows Ctrl-Z, ends them)",
      );
    }
    return progress;
  }

  #lastWords(): LastWords {
    const { options, journal, retryFailed = false } = this.#opened;
    return new LastWords({ options, journal, retryFailed, say: printLine });
  }

  #watchForStops(): Stopping {
    const { options } = this.#opened;
    return new Stopping({
      options,
      host: this.#host,
      say: printLine,
      beforeLeaving: this.#beforeLeaving,
      lastResort: lastResortOf(options, this.#words.command),
    });
  }

  #openWriter(layout: Layout | undefined): OutcomeWriter {
    const { options, files } = this.#opened;
    return new OutcomeWriter({
      options,
      files,
      source: this.source,
      layout,
      misfit: (final, error) => this.#outcomes.misfit(final, error),
      giveUp: this.#giveUp,
    });
  }

  #openKeeper(Keeper: NonNullable<Loaded["Keeper"]>): Keeper {
    const { options, journal, session, retryFailed = false } = this.#opened;
    return new Keeper({
      journal: journal!,
      session: session!,
      source: this.source,
      retryFailed,
      keepsWhereabouts: options.envelope === "full",
      sendsOccurrences: this.#host.keysByContent,
      deliver: (final) => this.pump.waitFor(this.#outcomes.earlier(final)),
      progress: () => {
        const { tally } = this;
        const { inFlight, spent } = this.#host.stats();
        return {
          read: tally.read,
          total: tally.total ?? null,
          totalIsExact: tally.totalIsExact,
          inFlight,
          spent,
          done: { ok: tally.ok, failed: tally.failed },
          limits: this.#host.limits(),
        };
      },
      onFailure: ({ message }) => this.#giveUp(journalFailure(options.journal, message)),
    });
  }

  #takeOutcomes(): Outcomes {
    const { options, reference, text, files } = this.#opened;
    const { source, clock, tally, stopping, writer, keeper } = this;
    const kinds = this.#kinds;
    const recorder = this.#reporting?.recorder;
    return new Outcomes({
      options,
      reference,
      text,
      source,
      clock,
      tally,
      failures: this.#failures,
      kinds,
      retryKinds: this.#retryKinds,
      tellsRetries: this.#host.tellsRetries,
      stopping,
      // With `--halt`, the user knows how to stop a run that fails from its start.
      early: options.halt === undefined && options.progress !== "none"
        ? new EarlyFailures({ tally, kinds, say: printLine })
        : undefined,
      writer,
      keepsErrors: options.envelope !== false || files.errors !== undefined || keeper !== undefined ||
        recorder !== undefined,
      say: printLine,
      keeper,
      recorder,
    });
  }

  #prepareClosing(): Closing {
    const { options, reference, text } = this.#opened;
    const { source, tally, stopping, progress } = this;
    return new Closing({
      options,
      reference,
      text,
      host: this.#host,
      source,
      tally,
      stopping,
      progress,
      failures: this.#failures,
      words: this.#words,
      say: printLine,
      reporting: this.#reporting,
      span: this.#span,
    });
  }

  #watchHost(): () => void {
    const { tally } = this;
    return this.#host.watch({
      workerStarted: () => tally.workerStarted(),
      paused: (pause) => tally.pauses.add(pause),
      teardownFailed: (error) => this.teardownErrors.push(error),
      limitsChanged: () => this.keeper?.saveProgress(),
      giveUp: this.#giveUp,
    }, this.keeper);
  }

  #connectPump(layout: Layout | undefined, BatchFeed: Loaded["BatchFeed"]): LinePump {
    const { options, reference, input, taskLines } = this.#opened;
    const { source, keeper, stopping } = this;
    const [outcomes, span, host] = [this.#outcomes, this.#span, this.#host];
    const batch = BatchFeed !== undefined;
    return new LinePump({
      executor: host,
      task: reference.task,
      source,
      select: keeper && ((lines, index) => keeper.toRun(lines, index)),
      sink: taskLines ? taskLines.endingBefore(outcomes) : outcomes,
      spanOf: span && ((first, count) => span.ofInputs({ source, keeper, batch }, first, count)),
      batching: BatchFeed &&
        ((feed) => new BatchFeed({ ...feed, size: options.batch!, isStuck: () => source.isFull })),
      options: {
        ...feedOptionsOf(options, input, { keyed: keeper && host.keysByContent ? "content" : undefined }),
        signal: stopping.abort,
        drain: stopping.drain,
        // A journal keeps JSON, and an envelope is laid out as a whole.
        rowsNow: layout && !keeper && !options.envelope ? () => layout.rows : undefined,
      },
    });
  }

  readonly #giveUp = (line: string | undefined): void => this.stopping.giveUp(line);

  /** Keeps outcomes and prints messages before the process exits at once. */
  readonly #beforeLeaving = (): ExitCode => {
    this.taskLines?.finish();
    this.progress.stop();
    this.guard?.stop();
    this.keeper?.commit();
    return this.closing.atOnce();
  };

  /** The places of the first and the last input of a task; undefined if they have settled. */
  #placesOf(index: number): [first: Origin, last: Origin] | undefined {
    const { pump, keeper, source } = this;
    const count = pump.inputOf(index)!;
    const [first, last] = [count, count + pump.sizeOf(index) - 1].map((one) => keeper?.indexNow(one) ?? one);
    return source.has(first) ? [source.originOf(first), source.originOf(last)] : undefined;
  }

  /** The input that has been in flight for longest, where that is known. */
  #oldest(): OldestInput | undefined {
    const found = this.#host.oldest();
    const count = found && this.pump.inputOf(found.index);
    if (count === undefined) return undefined;
    const { number: line } = this.source.originOf(this.keeper ? this.keeper.indexNow(count) : count);
    const ms = this.clock.ran(performance.now() - found!.sent);
    return { line, ms, ends: this.#opened.options.timeout !== undefined };
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

function journalFailure(path: string | undefined, message: string): string {
  const reason = /disk is full|disk I\/O/.test(message) ? "no space left on the device" : message;
  return `Cannot write to the journal ${path}: ${reason}`;
}
