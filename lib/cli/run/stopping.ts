/**
 * Everything that ends a run before its input does: signals, too many failures, the deadline, a disk
 * that is full.
 * Two ways out of it: drain (what runs may finish) and abort.
 *
 * @module
 */

import { ExitCode } from "../exit_code.ts";
import { leave } from "./leave.ts";
import type { RunOptions } from "../flags/options.ts";
import { formatTime, plural } from "../progress/format.ts";
import { type LastResort, type SignalWatch, watchSignals } from "../signals/watch.ts";

/** What stopping needs to speak and to act. */
interface StoppingInit {
  options: Pick<RunOptions, "halt" | "deadline">;
  say(line: string): void;
  inFlight(): number;
  /** The slots of the workers on other machines; undefined where workers are here. */
  farWorkers(): number | undefined;
  /** Called before the process is left at once. */
  beforeLeaving(): void;
  /** For where the main thread can do nothing of this. */
  lastResort: LastResort;
}

/** Whether, how and why a run stops. */
export class Stopping {
  readonly drain = new AbortController();
  readonly abort = new AbortController();
  /** Why the run cannot go on; a closed stdout is a reason without words. */
  trouble: { line: string | undefined } | undefined;
  readonly #signals: SignalWatch;
  readonly #init: StoppingInit;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #code: ExitCode | undefined;

  constructor(init: StoppingInit) {
    const { say, beforeLeaving, lastResort, options: { deadline } } = init;
    this.#init = init;
    if (deadline !== undefined) {
      this.#timer = setTimeout(() => {
        this.#code ??= ExitCode.deadline;
        say(`polyloop: the deadline of ${formatTime(deadline)} has passed; aborting running tasks`);
        this.abort.abort();
      }, deadline);
    }
    this.#signals = watchSignals({
      drain: (moreToCome) => {
        this.drain.abort();
        say(`polyloop: stopping${goingOn(init, moreToCome)}`);
      },
      abort: () => {
        this.abort.abort();
        say("polyloop: aborting running tasks (the same signal again exits at once)");
      },
      leave(code) {
        beforeLeaving();
        leave(code);
      },
    }, lastResort);
  }

  /** Resolves once tasks may run in the main thread. */
  get ready(): Promise<void> {
    return this.#signals.ready;
  }

  /** Called before something is printed that nobody may read. */
  beforePrinting(): void {
    this.#signals.beforePrinting();
  }

  /** Ends the run: it cannot go on. */
  readonly giveUp = (line: string | undefined): void => {
    this.trouble ??= { line };
    this.abort.abort();
  };

  /** Looks whether too many have failed. A part in percent means little before the third failure. */
  countFailures({ failed, done }: { failed: number; done: number }, { atEnd = false } = {}): void {
    const { halt } = this.#init.options;
    if (!halt || failed === 0 || this.#code !== undefined) return;
    if (halt.percent && !atEnd && failed < 3) return;
    if ((halt.percent ? (failed / done) * 100 : failed) < halt.limit) return;
    this.#code = ExitCode.halted;
    this.#init.say(`polyloop: --halt: ${failed} of ${plural(done, "input")} failed; starting no more`);
    this.drain.abort();
  }

  /** The exit code of what stopped the run: a signal, `--halt` or `--deadline`. */
  get code(): ExitCode | undefined {
    return this.#signals.code ?? this.#code;
  }

  /** Gives signals their usual meaning again. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signals.stop();
  }
}

/** `; 2 tasks still run (the same signal again aborts them)`. */
function goingOn({ inFlight, farWorkers }: StoppingInit, moreToCome: boolean): string {
  const slots = farWorkers();
  if (slots === 0) return "; no task runs, because there is no worker";
  const count = inFlight();
  if (count === 0) return "";
  const [run, are, them] = count === 1 ? ["runs", "is", "it"] : ["run", "are", "them"];
  // What a broker has may be on a worker, or wait for one.
  const state = slots === undefined ? `still ${run}` : `${are} at the workers`;
  return `; ${plural(count, "task")} ${state}${moreToCome ? ` (the same signal again aborts ${them})` : ""}`;
}
