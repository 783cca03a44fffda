/**
 * Everything that ends a run before its input does: signals, too many failures, the deadline, a disk
 * that is full.
 * Two ways out of it: drain (what runs may finish) and abort.
 *
 * @module
 */

import { ExitCode } from "./exit_code.ts";
import { leave } from "./leave.ts";
import type { RunOptions } from "./options.ts";
import { formatTime, plural } from "./progress/format.ts";
import { type LastResort, type SignalWatch, watchSignals } from "./signals/watch.ts";

/** What stopping needs to speak and to act. */
interface StoppingInit {
  options: Pick<RunOptions, "halt" | "deadline">;
  say(line: string): void;
  inFlight(): number;
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
    const { say, inFlight, beforeLeaving, lastResort, options: { deadline } } = init;
    this.#init = init;
    if (deadline !== undefined) {
      this.#timer = setTimeout(() => {
        this.#code ??= ExitCode.deadline;
        say(`polyloop: the deadline of ${formatTime(deadline)} is over; aborting what runs`);
        this.abort.abort();
      }, deadline);
    }
    this.#signals = watchSignals({
      drain: (moreToCome) => {
        this.drain.abort();
        const running = inFlight();
        const still = `; ${plural(running, "task")} still ${running === 1 ? "runs" : "run"}`;
        const again = moreToCome ? ` (the same signal again aborts ${running === 1 ? "it" : "them"})` : "";
        say(`polyloop: stopping${running === 0 ? "" : still + again}`);
      },
      abort: () => {
        this.abort.abort();
        say("polyloop: aborting what runs (the same signal again leaves at once)");
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

  /** The exit code that whoever stopped the run asked for. */
  get code(): ExitCode | undefined {
    return this.#signals.code ?? this.#code;
  }

  /** Gives signals their usual meaning again. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signals.stop();
  }
}
