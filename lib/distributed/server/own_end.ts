/** Decides when a worker ends by itself: it has had no job for a while, its runs have ended, or its module has changed. */

import { fingerprint } from "../../fingerprint.ts";
import type { Broker } from "../broker/broker.ts";
import { moduleName } from "../broker/module_name.ts";
import type { JobTaker } from "./job_taker.ts";
import { ServedRuns } from "./served_runs.ts";

interface OwnEndInit {
  broker: Broker;
  url: string;
  /** The fingerprint of the module when it was loaded. */
  print: string;
  labels: readonly string[];
  /** How long the worker stays without a job, in milliseconds. Default: for ever. */
  idleExit?: number;
  exitWithRun?: boolean;
  taker: JobTaker;
}

export class OwnEnd {
  readonly #init: OwnEndInit;
  /** The runs with which the worker ends; undefined if it stays. */
  readonly #runs: ServedRuns | undefined;
  /** When it was seen last that there was a job, in milliseconds of `performance.now()`, and how many had ended then. */
  #busyAt = performance.now();
  #endedThen = 0;

  constructor(init: OwnEndInit) {
    this.#init = init;
    const { broker, print, labels, exitWithRun } = init;
    this.#runs = exitWithRun ? new ServedRuns(broker, print, labels) : undefined;
  }

  /** Notes that a job chunk of a run has begun. */
  began(run: string): void {
    this.#runs?.add(run);
  }

  /** Resolves with why the worker ends; undefined if it stays. */
  async look(): Promise<string | undefined> {
    const { idleExit = Infinity, taker: { handedOver, chunksEnded: { completed, failed } } } = this.#init;
    const now = performance.now();
    if (handedOver.size > 0 || completed + failed > this.#endedThen) this.#busyAt = now;
    this.#endedThen = completed + failed;
    if (now - this.#busyAt >= idleExit) return `no work for ${Math.round(idleExit / 1_000)} s; leaving`;
    const end = await this.#runs?.look();
    return end && `${end}; leaving`;
  }

  /**
   * Returns why the worker ends if its module has changed. A new thread or process would load the changed module, and the results of
   * a run would mix two versions.
   */
  changed(): string | undefined {
    const { url, print } = this.#init;
    if (fingerprint(url) === print) return undefined;
    return `${moduleName(url)} has changed since this worker started. Draining; start the worker again`;
  }
}
