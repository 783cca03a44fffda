/**
 * Hears the errors of a worker's broker: each means that it is away, that it takes no writes, that somebody else has the job
 * by now, or something that the user is told once.
 *
 * @module
 */

import type { BrokerWatch } from "../broker/broker_watch.ts";
import { brokerError } from "../errors.ts";

/** What BullMQ says of a job whose lock has run out. */
const LOCK_LOST =
  /Missing lock for job|could not renew lock|Lock mismatch|Missing key for job|not in the active state/i;

/** Maximum number of different errors that are named. */
const MOST_NAMED = 20;

/** What hearing needs. */
interface BrokerErrorsInit {
  /** The broker's address. */
  label: string;
  watch: Pick<BrokerWatch, "refuses">;
  notice(line: string): void;
}

/** The errors that one worker has heard. */
export class BrokerErrors {
  readonly #init: BrokerErrorsInit;
  readonly #named = new Set<string>();

  constructor(init: BrokerErrorsInit) {
    this.#init = init;
  }

  hear(error: unknown): void {
    const { label, watch, notice } = this.#init;
    const trouble = brokerError(error, label);
    // The next look says so, if it is still away then.
    if (trouble.trouble === "unreachable") return;
    if (trouble.trouble === "unavailable") return watch.refuses(trouble);
    if (LOCK_LOST.test(trouble.message)) return;
    if (this.#named.has(trouble.message) || this.#named.size >= MOST_NAMED) return;
    this.#named.add(trouble.message);
    notice(trouble.message);
  }
}
