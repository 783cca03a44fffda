/**
 * Stops a run before its input ends. The reason may be a signal, `--halt`, `--deadline`, or a fault such as a full
 * disk. The run is either drained, so that running tasks finish, or aborted.
 */

import { leave } from "./leave.ts";
import type { StoppedBy } from "./exit_code.ts";
import type { RunOptions } from "../flags/options.ts";
import { formatTime, plural } from "../progress/format.ts";
import { type LastResort, SignalWatch } from "../signals/watch.ts";
import type { Host } from "./host.ts";

export interface StoppingInit {
  options: Pick<RunOptions, "halt" | "deadline">;
  host: Pick<Host, "stats" | "farSlots">;
  say(line: string): void;
  beforeLeaving(): void;
  lastResort: LastResort;
}

export class Stopping {
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();
  /** Aborted when no more tasks start. */
  readonly drain = this.#drain.signal;
  /** Aborted when running tasks end, too. */
  readonly abort = this.#abort.signal;
  readonly #signals: SignalWatch;
  readonly #init: StoppingInit;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #stoppedBy: StoppedBy | undefined;
  /** Why the run cannot go on, as a line. A closed stdout is a reason without a line, because nobody would read it. */
  trouble: { line: string | undefined } | undefined;

  /** Takes over the signals and starts the deadline, until {@link end}. */
  constructor(init: StoppingInit) {
    const { say, beforeLeaving, host, lastResort, options: { deadline } } = init;
    this.#init = init;
    if (deadline !== undefined) {
      this.#timer = setTimeout(() => {
        this.#stoppedBy ??= "deadline";
        say(`polyloop: the deadline of ${formatTime(deadline)} has passed; aborting running tasks`);
        this.#abort.abort();
      }, deadline);
    }
    this.#signals = new SignalWatch({
      drain: (moreToCome) => {
        this.#drain.abort();
        say(`polyloop: stopping${stillRunning(host, moreToCome)}`);
      },
      abort: () => {
        this.#abort.abort();
        say("polyloop: aborting running tasks (the same signal again exits at once)");
      },
      leave(code) {
        beforeLeaving();
        leave(code);
      },
    }, lastResort);
  }

  /** Resolves when tasks may start to run in the main thread. */
  get ready(): Promise<void> {
    return this.#signals.ready;
  }

  /** The first reason for the stop. A signal has priority over other reasons. */
  get stoppedBy(): StoppedBy | undefined {
    return this.#signals.first ?? this.#stoppedBy;
  }

  /** Aborts the run, because it cannot go on. The first reason counts. */
  giveUp(line: string | undefined): void {
    this.trouble ??= { line };
    this.#abort.abort();
  }

  /** Drains the run if `--halt` allows no more failures. Percentages count from the third failure on, or at the end. */
  countFailures({ failed, done }: { failed: number; done: number }, { atEnd = false } = {}): void {
    const { halt } = this.#init.options;
    if (!halt || failed === 0 || this.#stoppedBy !== undefined) return;
    if (halt.percent && !atEnd && failed < 3) return;
    if ((halt.percent ? (failed / done) * 100 : failed) < halt.limit) return;
    this.#stoppedBy = "halted";
    this.#init.say(`polyloop: --halt: ${failed} of ${plural(done, "input")} failed; starting no more`);
    this.#drain.abort();
  }

  beforePrinting(): void {
    this.#signals.beforePrinting();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#signals.stop();
  }
}

/** `; 2 tasks still run (the same signal again aborts them)`. */
function stillRunning(host: StoppingInit["host"], moreToCome: boolean): string {
  const slots = host.farSlots();
  if (slots === 0) return "; no task runs, because there is no worker";
  const count = host.stats().inFlight;
  if (count === 0) return "";
  const [run, are, them] = count === 1 ? ["runs", "is", "it"] : ["run", "are", "them"];
  // A task that the broker has may run on a worker, or wait for one.
  const state = slots === undefined ? `still ${run}` : `${are} at the workers`;
  return `; ${plural(count, "task")} ${state}${moreToCome ? ` (the same signal again aborts ${them})` : ""}`;
}
