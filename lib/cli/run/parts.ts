/** Creates the parts of a run. A part names what it needs in its `…Init`, and takes it from here. */

import { AddedInputs } from "../input/added_inputs.ts";
import { type Batching, LinePump } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import type { Origin } from "../input/origin.ts";
import type { Places } from "../input/places.ts";
import { readAgain } from "../input/read_again.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { Layout } from "../output/layout.ts";
import { layoutOf } from "../output/layouts.ts";
import { type Final, OutcomeWriter } from "../output/outcome_writer.ts";
import { ErrorKinds } from "../progress/error_kinds.ts";
import { Failures } from "../progress/failures.ts";
import type { OldestInput } from "../progress/figures.ts";
import { GIVE_BACK } from "../progress/live_line.ts";
import { type Progress, startProgress } from "../progress/progress.ts";
import { RunClock } from "../progress/run_clock.ts";
import { RunSums } from "../progress/run_sums.ts";
import { Tally } from "../progress/tally.ts";
import { isTerminal, printLine, printObjectsAlone } from "../progress/terminal.ts";
import type { Reporting } from "../report/reporting.ts";
import type { LastResort } from "../signals/watch.ts";
import { isStdinTerminal, readsStdin, writesAside } from "../stdio/stdio.ts";
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
  layout: Layout | undefined;
  Reporting?: typeof Reporting;
  Keeper?: typeof Keeper;
  batching?: Batching;
}

export class Parts {
  readonly host: Host;
  readonly options: Opened["options"];
  readonly reference: Opened["reference"];
  readonly text: Opened["text"];
  readonly files: Opened["files"];
  readonly journal: Opened["journal"];
  readonly retryFailed: boolean;
  /** Prints what tasks print; absent without `--tag`. */
  readonly taskLines: Opened["taskLines"];
  readonly say = printLine;
  /** Absent without OpenTelemetry. */
  readonly span = RunSpan.here();
  readonly isJson: boolean;
  readonly source: LineSource;
  readonly places: Places;
  /** Absent without a report. */
  readonly reporting: Reporting | undefined;
  readonly clock: RunClock;
  readonly tally: Tally;
  /** The errors of failed inputs, and of attempts that others follow. */
  readonly kinds = new ErrorKinds();
  readonly retryKinds = new ErrorKinds();
  readonly progress: Progress;
  readonly words: LastWords;
  readonly stopping: Stopping;
  readonly failures: Failures;
  /** Absent if tasks do not run in the main thread. */
  readonly guard: { stop(): void } | undefined;
  readonly layout: Layout | undefined;
  readonly writer: OutcomeWriter;
  /** Absent without a journal. */
  readonly keeper: Keeper | undefined;
  /** With `--halt`, the user knows how to stop a run that fails from its start. */
  readonly early: EarlyFailures | undefined;
  readonly outcomes: Outcomes;
  /** What `teardown` of the module threw on workers, so far. */
  readonly teardownErrors: unknown[] = [];
  readonly unwatch: () => void;
  readonly pump: LinePump;

  readonly beforeLeaving: () => ExitCode;

  /** @param leave ends the run before the process exits at once */
  static async assemble(host: Host, opened: Opened, leave: (parts: Parts) => ExitCode): Promise<Parts> {
    const { options, input, reports, journal } = opened;
    return new Parts(host, opened, leave, {
      layout: await layoutOf(options, input.columns),
      Reporting: reports && (await import("../report/reporting.ts")).Reporting,
      Keeper: journal && (await import("../journal/keeper.ts")).Keeper,
      batching: options.batch === undefined ? undefined : {
        size: options.batch,
        WholeBatches: (await import("../input/whole_batches.ts")).WholeBatches,
        BatchFeed: await host.batchFeed(),
      },
    });
  }

  /** In one turn of the event loop, so that a signal or the deadline never finds a part missing. */
  private constructor(
    host: Host,
    opened: Opened,
    leave: (parts: Parts) => ExitCode,
    { layout, Reporting, Keeper, batching }: Loaded,
  ) {
    this.beforeLeaving = () => leave(this);
    const { options, reference, text, files, journal, retryFailed = false, taskLines, flags } = opened;
    this.host = host;
    this.options = options;
    this.reference = reference;
    this.text = text;
    this.files = files;
    this.journal = journal;
    this.retryFailed = retryFailed;
    this.taskLines = taskLines;
    this.layout = layout;
    this.span?.begin(options, reference);
    this.isJson = opened.input.format.encoding !== "text";
    this.source = this.#openSource(opened);
    this.places = this.source.places;
    this.reporting = Reporting && new Reporting({
      files: opened.reports!,
      options,
      flags,
      reference,
      host,
      places: this.places,
      journal,
      retryFailed,
    });
    this.clock = new RunClock({ mayBlock: options.isolation === "none" });
    this.tally = this.#startTally(opened);
    this.progress = startProgress(this);
    if (this.asObjects) printObjectsAlone();
    if (readsStdin(options) && isStdinTerminal()) {
      printLine(
        "polyloop: reading inputs from the terminal, one per line (Ctrl-D, on Windows Ctrl-Z, ends them)",
      );
    }
    this.words = new LastWords(this);
    this.stopping = new Stopping(this);
    this.failures = new Failures(this);
    this.guard = options.isolation === "none" ? guardThread(this) : undefined;
    this.writer = new OutcomeWriter(this);
    this.keeper = Keeper && this.#openKeeper(Keeper, opened);
    this.early = options.halt === undefined && options.progress !== "none"
      ? new EarlyFailures(this)
      : undefined;
    this.outcomes = new Outcomes(this);
    this.unwatch = this.#watchHost();
    this.pump = this.#connectPump(opened, batching);
    taskLines?.connect({ placesOf: (first, count) => this.#placesOf(first, count) });
    this.reporting?.watch({
      clock: this.clock,
      pressure: () => host.pressure(),
      waitsFor: () => this.pump.waitsFor,
    });
  }

  #openSource({ options, input }: Opened): LineSource {
    const { host, isJson } = this;
    return new LineSource(input, {
      window: host.window,
      added: new AddedInputs({
        most: typeof options.maxInputs === "number" ? options.maxInputs : Infinity,
        revisit: options.revisit,
        ordered: !options.unordered,
        slots: () => host.farSlots() ?? host.workers * host.concurrency,
        isJson,
        rows: input.format.rows,
        readAgain: (count) => readAgain(options, count),
      }),
    });
  }

  #startTally({ input, spentBefore }: Opened): Tally {
    const { host: { workers, processes }, clock } = this;
    const sums = new RunSums(() => this.host.stats().spent, spentBefore);
    return new Tally(this.source, { input, workers, processes, clock, sums });
  }

  #openKeeper(Keeper: NonNullable<Loaded["Keeper"]>, { journal, session }: Opened): Keeper {
    const { options, source, retryFailed, host } = this;
    return new Keeper({
      journal: journal!,
      session: session!,
      source,
      retryFailed,
      keepsWhereabouts: options.envelope === "full",
      sendsOccurrences: host.keysByContent,
      deliver: (final) => this.pump.waitFor(this.outcomes.earlier(final)),
      progress: () => {
        const { tally: { read, total = null, totalIsExact, ok, failed } } = this;
        const { inFlight, spent } = host.stats();
        return {
          read,
          total,
          totalIsExact,
          inFlight,
          spent,
          done: { ok, failed },
          limits: host.limits.saved(),
        };
      },
      onFailure: ({ message }) => {
        const reason = /disk is full|disk I\/O/.test(message) ? "no space left on the device" : message;
        this.giveUp(`Cannot write to the journal ${options.journal}: ${reason}`);
      },
    });
  }

  #watchHost(): () => void {
    const { tally } = this;
    return this.host.watch({
      workerStarted: () => tally.workerStarted(),
      paused: (pause) => tally.pauses.add(pause),
      teardownFailed: (error) => this.teardownErrors.push(error),
      limitsChanged: () => this.keeper?.saveProgress(),
      giveUp: this.giveUp,
    }, this.keeper);
  }

  #connectPump({ input }: Opened, batching: Batching | undefined): LinePump {
    const { options, reference, source, places, keeper, stopping, outcomes, span, host, layout } = this;
    const batch = batching !== undefined;
    return new LinePump({
      executor: host,
      task: reference.task,
      source,
      prepare: keeper && ((lines) => keeper.prepare(lines)),
      select: keeper && ((lines, index) => keeper.toRun(lines, index)),
      sink: outcomes,
      spanOf: span && ((first, count) => span.ofInputs({ places, keeper, batch }, first, count)),
      batching,
      options: {
        ...feedOptionsOf(options, input, { keyed: keeper && host.keysByContent ? "content" : undefined }),
        signal: stopping.abort,
        drain: stopping.drain,
        // A journal keeps JSON, and an envelope is laid out as a whole.
        rowsNow: layout && !keeper && !options.envelope ? () => layout.rows : undefined,
      },
    });
  }

  get recorder(): Reporting["recorder"] | undefined {
    return this.reporting?.recorder;
  }

  get asObjects(): boolean {
    return this.options.progress === "json";
  }

  get isOverBroker(): boolean {
    return this.options.redis !== undefined;
  }

  get keepsErrors(): boolean {
    const { options, files, keeper, reporting } = this;
    return options.envelope !== false || files.errors !== undefined || keeper !== undefined ||
      reporting !== undefined;
  }

  readonly misfit = (final: Final, error: Error): void => this.outcomes.misfit(final, error);

  readonly giveUp = (line: string | undefined): void => this.stopping.giveUp(line);

  readonly beforePrinting = (): void => this.stopping.beforePrinting();

  get lastResort(): LastResort {
    const { isolation = "thread", progress } = this.options;
    return {
      // The output of processes goes through the main thread, which waits until stderr is read.
      mayBlock: isolation !== "thread" || !writesAside(),
      restore: progress === "auto" && isTerminal() ? GIVE_BACK : "",
      words: {
        busy: isolation === "none" ? "stopping; waiting for a task that blocks the main thread" : undefined,
        resume: this.words.command,
        json: progress === "json",
      },
    };
  }

  readonly oldest = (): OldestInput | undefined => {
    const found = this.host.oldest();
    const count = found && this.pump.inputOf(found.index);
    if (count === undefined) return undefined;
    const { number: line } = this.places.originOf(this.#indexOf(count));
    const ms = this.clock.ran(performance.now() - found!.sent);
    return { line, ms, ends: this.options.timeout !== undefined };
  };

  /** The places of the first and the last of `count` inputs of a task; undefined if they have settled. */
  #placesOf(input: number, count: number): [first: Origin, last: Origin] | undefined {
    const { places } = this;
    const [first, last] = [input, input + count - 1].map((one) => this.#indexOf(one));
    return places.has(first) ? [places.originOf(first), places.originOf(last)] : undefined;
  }

  /** The index of the executor's `count`-th input, before it has settled. */
  #indexOf(count: number): number {
    return this.keeper ? this.keeper.indexNow(count) : count;
  }
}
