/** A worker's entry in the roster, made of its figures. Its messages are shown, and an operator's order is obeyed. */

import type { Executor } from "../../executor/executor.ts";
import type { Broker } from "../broker/broker.ts";
import { moduleName } from "../broker/module_name.ts";
import { shown } from "../broker/protocol.ts";
import type { JobCheck } from "./job_check.ts";
import { announce, leave, RateMeter } from "./presence.ts";

interface WorkerEntryHost {
  readonly slots: number;
  readonly isDraining: boolean;
  /** Ends the worker, and shows why. */
  leave(why: string): void;
}

interface WorkerEntryInit {
  broker: Broker;
  executor: Executor;
  /** The worker's id. */
  server: string;
  url: string;
  /** The fingerprint of the module when it was loaded. */
  print: string;
  tasks: string[];
  labels: string[];
  lockDuration: number;
  jobs: JobCheck;
  notice(line: string): void;
  host: WorkerEntryHost;
}

export class WorkerEntry {
  readonly #init: WorkerEntryInit;
  readonly #started = Date.now();
  readonly #rate = new RateMeter();

  constructor(init: WorkerEntryInit) {
    this.#init = init;
  }

  /** Tasks per second, from check to check. */
  get rate(): number {
    return this.#rate.perSecond;
  }

  /** Enters the worker or renews its entry, and reads its messages. */
  async renew(): Promise<void> {
    const { broker, executor, server, url, print, tasks, labels, lockDuration, jobs, notice, host } =
      this.#init;
    const { succeeded, failed, inFlight } = executor.stats();
    this.#rate.look(succeeded + failed);
    const messages = await announce(broker, {
      id: server,
      fingerprint: print,
      module: moduleName(url),
      tasks,
      slots: host.slots,
      concurrency: executor.concurrency,
      started: this.#started,
      draining: host.isDraining,
      inFlight,
      succeeded,
      failed,
      rejected: jobs.rejected,
      rate: this.rate,
      ...(labels.length > 0 && { labels }),
    }, lockDuration);
    for (const message of messages) {
      const from = shown(message.from);
      if ("drain" in message) host.leave(`draining, as polyloop top on ${from} asks: takes no more inputs`);
      else notice(`refuses the run ${message.run} of ${from}: ${shown(message.reason)}`);
    }
  }

  async remove(): Promise<void> {
    await leave(this.#init.broker, this.#init.server);
  }
}
