/**
 * Everything that ends a run before its input does: signals, an output that cannot be written.
 * Two ways out of it: drain (what runs may finish) and abort.
 *
 * @module
 */

import process from "node:process";
import type { ExitCode } from "./exit_code.ts";
import { plural } from "./progress/format.ts";
import { type SignalWatch, watchSignals } from "./signals.ts";

/** What stopping needs to speak and to act. */
interface StoppingInit {
  say(line: string): void;
  inFlight(): number;
  /** Called before the process is left at once. */
  beforeLeaving(): void;
}

/** Whether, how and why a run stops. */
export class Stopping {
  readonly drain = new AbortController();
  readonly abort = new AbortController();
  /** Why the run cannot go on; a closed stdout is a reason without words. */
  trouble: { line: string | undefined } | undefined;
  readonly #signals: SignalWatch;

  constructor({ say, inFlight, beforeLeaving }: StoppingInit) {
    this.#signals = watchSignals({
      drain: () => {
        this.drain.abort();
        const running = inFlight();
        const still = `; ${plural(running, "task")} still ${running === 1 ? "runs" : "run"}`;
        const again = ` (the same signal again aborts ${running === 1 ? "it" : "them"})`;
        say(`polyloop: stopping${running === 0 ? "" : still + again}`);
      },
      abort: () => {
        this.abort.abort();
        say("polyloop: aborting what runs (the same signal again leaves at once)");
      },
      leave(code) {
        beforeLeaving();
        process.exit(code);
      },
    });
  }

  /** Ends the run: it cannot go on. */
  readonly giveUp = (line: string | undefined): void => {
    this.trouble ??= { line };
    this.abort.abort();
  };

  /** The exit code that whoever stopped the run asked for. */
  get code(): ExitCode | undefined {
    return this.#signals.code;
  }

  /** Gives signals their usual meaning again. */
  end(): void {
    this.#signals.stop();
  }
}
