/**
 * The regular checks of one run or one worker, which find what no message has told. While the broker is away, there is nothing to
 * check, and the user is told.
 */

import type { Broker } from "./broker.ts";
import type { BrokerWatch } from "./broker_watch.ts";

/** Interval of the checks, in milliseconds. Locks of runs and entries in the roster, which last 10 s, rely on it. */
const INTERVAL = 2_000;

/** The host interface: the run or the worker that checks. */
export interface Checking {
  /** Checks everything. No other check begins meanwhile. */
  check(): Promise<void>;
  troubled(error: unknown): void;
  /** Called at each interval, with the time for which the broker has been unusable, in milliseconds. */
  unusableFor?(ms: number): void;
}

interface RegularChecksInit {
  broker: Pick<Broker, "connected">;
  watch: BrokerWatch;
  host: Checking;
}

export class RegularChecks {
  readonly #init: RegularChecksInit;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChecking = false;
  #hasStopped = false;

  constructor(init: RegularChecksInit) {
    this.#init = init;
  }

  /** Begins to check. The first check is due in two seconds. */
  start(): void {
    this.#timer = setTimeout(() => {
      const { broker, watch, host } = this.#init;
      // A disconnected client answers only after it has reconnected.
      if (!broker.connected) watch.away();
      else if (!this.#isChecking) void this.#check();
      watch.remind();
      host.unusableFor?.(watch.failingFor);
      if (!this.#hasStopped) this.start();
    }, INTERVAL);
  }

  stop(): void {
    this.#hasStopped = true;
    clearTimeout(this.#timer);
  }

  /** One check. Never awaited, because the broker may never answer. */
  async #check(): Promise<void> {
    const { host } = this.#init;
    this.#isChecking = true;
    try {
      await host.check();
    } catch (error) {
      host.troubled(error);
    } finally {
      this.#isChecking = false;
    }
  }
}
