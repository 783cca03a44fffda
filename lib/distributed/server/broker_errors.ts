/**
 * Handles the errors of a worker's broker connection. An error means that the broker is away, accepts no writes, or has given the
 * job to another worker. The user is told once of any other error.
 */

import type { BrokerWatch } from "../broker/broker_watch.ts";
import { brokerError } from "../broker/errors.ts";

/** BullMQ's message about a job whose lock has expired. */
const LOCK_LOST =
  /Missing lock for job|could not renew lock|Lock mismatch|Missing key for job|not in the active state/i;

/** Maximum number of different errors that are reported. */
const MOST_NAMED = 20;

interface BrokerErrorsInit {
  /** The broker's address. */
  label: string;
  watch: Pick<BrokerWatch, "refuses">;
  notice(line: string): void;
}

export class BrokerErrors {
  readonly #init: BrokerErrorsInit;
  readonly #named = new Set<string>();

  constructor(init: BrokerErrorsInit) {
    this.#init = init;
  }

  hear(error: unknown): void {
    const { label, watch, notice } = this.#init;
    const trouble = brokerError(error, label);
    // If the broker is still away at the next check, that check reports it.
    if (trouble.trouble === "unreachable") return;
    if (trouble.trouble === "unavailable" || trouble.trouble === "full") return watch.refuses(trouble);
    if (LOCK_LOST.test(trouble.message)) return;
    if (this.#named.has(trouble.message) || this.#named.size >= MOST_NAMED) return;
    this.#named.add(trouble.message);
    notice(trouble.message);
  }
}
