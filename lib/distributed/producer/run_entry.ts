/** The entry of a run in the roster, which workers, other runs and `polyloop top` read. */

import type { Broker } from "../broker/broker.ts";
import { hostName } from "../broker/host_name.ts";
import { leaveRoster, publishRun } from "../broker/roster.ts";
import type { Cutter } from "./cutter.ts";
import type { EndedJobs } from "./ended_jobs.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Pools } from "./pools.ts";
import type { Intake } from "./result_intake.ts";
import type { Supply } from "./supply.ts";

interface RunEntryInit {
  broker: Broker;
  run: string;
  token: string;
  /** When the run has started, in milliseconds since 1970. */
  started: number;
  module: string;
  fingerprint: string;
  cutter: Cutter;
  pools: Pools;
  open: OpenChunks;
  supply: Supply;
  intake: Intake;
  ended: EndedJobs;
}

export class RunEntry {
  readonly #init: RunEntryInit;

  constructor(init: RunEntryInit) {
    this.#init = init;
  }

  /** The highest priority of tasks that have no outcome. */
  get priority(): number {
    const { cutter, open } = this.#init;
    let highest = -Infinity;
    for (const { priority } of cutter.feeds) highest = Math.max(highest, priority);
    for (const { feed: { priority } } of open.all) highest = Math.max(highest, priority);
    return highest === -Infinity ? 0 : highest;
  }

  /** Enters the run in the roster, or renews its entry. */
  async publish(): Promise<void> {
    const { broker, run, token, started, module, fingerprint, cutter, pools, open, supply } = this.#init;
    const { succeeded, failed } = this.#init.intake.counts;
    await publishRun(broker, {
      run,
      token,
      task: cutter.tasks.join(", ").slice(0, 500),
      module,
      fingerprint,
      from: hostName(),
      started,
      waiting: cutter.waiting,
      inFlight: open.inputs,
      succeeded,
      failed,
      quarantined: this.#init.ended.quarantined,
      on: [...pools.on],
      priority: this.priority,
      chunks: open.size,
      waits: supply.waits,
    });
  }

  async remove(): Promise<void> {
    await leaveRoster(this.#init.broker, this.#init.run);
  }
}
