/**
 * Notices that a run fails from its start: each of its first inputs has failed with the same error. Then the other inputs will
 * probably fail, too, and one line says how to stop such a run.
 */

import type { ErrorKinds } from "../progress/error_kinds.ts";
import { firstLine, formatCount, withoutPlace } from "../progress/format.ts";
import type { Tally } from "../progress/tally.ts";

/** Number of inputs that have to fail. A guess: with fewer, the line would also come in a run that only begins with a few bad inputs. */
const FIRST = 20;

/** Maximum length of the error in the line, in characters. */
const MOST = 120;

interface EarlyFailuresInit {
  tally: Pick<Tally, "ok" | "failed"> & { before: { ok: number } };
  kinds: Pick<ErrorKinds, "size" | "list">;
  say(line: string): void;
}

export class EarlyFailures {
  readonly #init: EarlyFailuresInit;
  #isSaid = false;

  constructor(init: EarlyFailuresInit) {
    this.#init = init;
  }

  /**
   * Called when an input has failed, and is counted. The results of a block count as successes until a layout refuses them one
   * by one, so there may be more failures than needed.
   */
  failed(): void {
    const { tally, kinds, say } = this.#init;
    if (this.#isSaid || tally.failed < FIRST || tally.ok + tally.before.ok > 0 || kinds.size > 1) return;
    this.#isSaid = true;
    const [{ text }] = kinds.list();
    const error = firstLine(withoutPlace(text), MOST);
    say(
      `polyloop: each of the first ${
        formatCount(tally.failed)
      } inputs failed of the same error (${error}). ` +
        `--halt ${FIRST} stops a run at such failures`,
    );
  }
}
