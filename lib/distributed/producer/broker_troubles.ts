/** Decides which failures of the broker end a run, and which ones it waits out. */

import type { BrokerWatch } from "../broker/broker_watch.ts";
import { BrokerError, brokerError, RunHeldError, RunRefusedError } from "../broker/errors.ts";

/** How long a run waits for an unusable broker, in milliseconds. A guess: longer than a failover or a restart takes. */
const PATIENCE = 5 * 60_000;

/** How long a run waits for a full broker, in milliseconds. A guess: results that are taken make room within seconds. */
const PATIENCE_IF_FULL = 30_000;

export class BrokerTroubles {
  readonly #label: string;
  readonly #watch: BrokerWatch;
  #fullSince: number | undefined;

  /** @param label the broker's address */
  constructor(label: string, watch: BrokerWatch) {
    this.#label = label;
    this.#watch = watch;
  }

  /** The broker has taken jobs, so it is not full. */
  taken(): void {
    this.#fullSince = undefined;
  }

  /**
   * Returns the error that ends the run; undefined if the run waits.
   *
   * @param hasJobs whether the run has jobs in Redis. Their ends make room if the broker is full.
   */
  fatal(error: unknown, { hasJobs }: { hasJobs: boolean }): Error | undefined {
    if (error instanceof RunHeldError || error instanceof RunRefusedError) return error;
    const failure = brokerError(error, this.#label);
    switch (failure.trouble) {
      case "unreachable":
        // If the broker is still away at the next check, that check reports it.
        return undefined;
      case "unavailable":
        this.#watch.refuses(failure);
        return undefined;
      case "full":
        this.#watch.refuses(failure);
        this.#fullSince ??= Date.now();
        return hasJobs && Date.now() - this.#fullSince <= PATIENCE_IF_FULL ? undefined : failure;
      default:
        return failure;
    }
  }

  /** Returns the error of a run whose broker has been unusable for `ms` milliseconds, if that is too long. */
  lasting(ms: number): Error | undefined {
    if (ms < PATIENCE) return undefined;
    return new BrokerError(
      "unreachable",
      `The broker at ${this.#label} has ${this.#watch.failure} for ${PATIENCE / 60_000} minutes`,
    );
  }
}
