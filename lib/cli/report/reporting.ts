/** Makes the files of `--report`, `--trace` and `--stats` while a run is running. Loaded only if one of them is wanted. */

import type { DatabaseSync } from "node:sqlite";
import { sessionIds } from "../journal/rows/sessions.ts";
import type { Places } from "../input/places.ts";
import { type ModuleReference, targetName } from "../task/module_reference.ts";
import type { RunClock } from "../progress/run_clock.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Pauses } from "../progress/pauses.ts";
import type { Tally } from "../progress/tally.ts";
import { systemReason } from "../user_error.ts";
import { reportOf } from "./report_data.ts";
import { chosenOptions, type Counts, type Facts, flagRows, type PauseFacts, statsOf } from "./stats.ts";
import { pageOf } from "./html.ts";
import { EARLIER, Recorder, type RecorderInit } from "./recording/recorder.ts";
import { LimitWatch, type RunView } from "./limit_watch.ts";
import { type Break, note, tellEarlier, type Told } from "./replay.ts";
import { closeReports, emptyReports, type ReportFile, type ReportFiles, writeText } from "./report_files.ts";
import { TraceFile } from "./trace_file.ts";

interface ReportingInit {
  files: ReportFiles;
  options: RunOptions;
  flags: Record<string, unknown>;
  reference: ModuleReference;
  host: {
    readonly concurrency: number;
    stats(): { workers: { workerId: number; machine?: string }[]; loopUtilization?: number };
  };
  places: Pick<Places, "originOf" | "wholeOf">;
  /** Absent without a journal. */
  journal: { db: DatabaseSync } | undefined;
  retryFailed: boolean;
}

interface WatchedRun extends Omit<RunView, "now"> {
  clock: Pick<RunClock, "now" | "suspensions">;
}

type RunCounts = Counts & Pick<Tally, "elapsed" | "pauses" | "sums">;

export class Reporting {
  readonly #init: ReportingInit;
  readonly #started = Date.now();
  readonly #trace: TraceFile | undefined;
  readonly #sessions: number;
  readonly #earlier: ReturnType<typeof tellEarlier> | undefined;
  /** When the time of the report begins, in milliseconds of `performance.now()`. */
  readonly #begun: number;
  #isFinished = false;
  #watched: WatchedRun | undefined;
  #limits: LimitWatch | undefined;
  readonly recorder: Recorder;

  constructor(init: ReportingInit) {
    this.#init = init;
    const { files, options, reference, host, places, journal, retryFailed } = init;
    emptyReports(files);
    const trace = this.#trace = files.trace && new TraceFile(files.trace.fd, reference.task);
    this.#sessions = journal ? sessionIds(journal.db).length : 1;
    let told: Told | undefined;
    const recorderInit: RecorderInit = {
      begun: 0,
      // With "auto", a worker may have more tasks in flight than the level that is found.
      concurrency: options.concurrency === "auto" ? Infinity : options.concurrency ?? 16,
      originOf: (index) => told ? { number: told.line, line: told.input } : places.originOf(index),
      wholeOf: (index) => told ? index : places.wholeOf(index),
      // The worker of earlier sessions never ends, so no other takes its position.
      workers: () => [EARLIER, ...host.stats().workers.map(({ workerId }) => workerId)],
      machineOf: (worker) => {
        const name = host.stats().workers.find(({ workerId }) => workerId === worker)?.machine;
        return name === undefined ? undefined : { name, concurrency: () => host.concurrency };
      },
      onPlaced: trace && ((task) => trace.add(task)),
    };
    const recorder = this.recorder = new Recorder(recorderInit);
    this.#earlier = journal && tellEarlier(journal.db, {
      recorder,
      retryFailed,
      now: (now) => told = now,
    });
    // The time of this session begins at the end of the earlier ones.
    this.#begun = recorderInit.begun = performance.now() - (this.#earlier?.ranMs ?? 0);
  }

  watch(run: WatchedRun): void {
    this.#watched = run;
    this.#limits = new LimitWatch({ ...run, now: () => run.clock.now() - this.#begun }, this.recorder.limits);
  }

  /** Writes the files. Returns a line for each that cannot be written. A second call does nothing. */
  finish(exitCode: number, counts: RunCounts): string[] {
    if (this.#isFinished) return [];
    this.#isFinished = true;
    this.#limits?.stop();
    const { recorder } = this;
    recorder.finish();
    const { files, host: { concurrency } } = this.#init;
    const facts = this.#factsOf(exitCode, counts);
    const trace = this.#trace;
    trace?.finish(recorder.curves.data());
    const troubles = [
      trace?.failure === undefined ? undefined : trouble(files.trace!, trace.failure),
      write(files.stats, () => `${JSON.stringify(statsOf(recorder, facts), null, 2)}\n`),
      write(files.report, () => pageOf(reportOf(recorder, facts, { concurrency, breaks: this.#breaks() }))),
    ];
    closeReports(files);
    return troubles.filter((line) => line !== undefined);
  }

  #factsOf(exitCode: number, counts: RunCounts): Facts {
    const { options, flags, reference, host } = this.#init;
    const earlier = this.#earlier;
    return {
      target: targetName(reference),
      started: earlier?.started ?? this.#started,
      finished: Date.now(),
      wallMs: counts.elapsed + (earlier?.ranMs ?? 0),
      exitCode,
      counts,
      sums: counts.sums.read(),
      pauses: pauseFacts(counts.pauses, this.#begun),
      sessions: this.#sessions,
      earlier,
      options: chosenOptions(options),
      flags: flagRows(flags),
      loops: host.stats().loopUtilization,
    };
  }

  #breaks(): Break[] {
    const all = [...this.#earlier?.breaks ?? []];
    for (const { at, ms } of this.#watched?.clock.suspensions ?? []) {
      note(all, { at: at - this.#begun, ms, why: "suspended" });
    }
    return all;
  }
}

function pauseFacts(pauses: Pauses, begun: number): PauseFacts {
  const now = performance.now();
  const list = pauses.list.map(({ from, until, key }) => {
    return { start: from - begun, ms: Math.min(now, until) - from, key };
  });
  return { all: pauses.all, ofKeys: pauses.ofKeys, ms: pauses.ms(now), list };
}

function write(file: ReportFile | undefined, text: () => string): string | undefined {
  if (!file) return undefined;
  try {
    writeText(file.fd, text());
  } catch (error) {
    return trouble(file, error);
  }
}

function trouble({ path }: ReportFile, error: unknown): string {
  return `polyloop: cannot write to ${path}: ${systemReason(error)}`;
}
