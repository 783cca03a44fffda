/** The way of one run to its broker: opens the connection, and starts the producer. */

import { Broker } from "../broker/broker.ts";
import { moduleName } from "../broker/module_name.ts";
import type { Keeping } from "./keeping.ts";
import { KeyShares } from "../limits/key_shares.ts";
import type { ResolvedRun } from "../options/run_options.ts";
import { Producer } from "../producer/producer.ts";
import type { RunEvents } from "./run_events.ts";

interface RunConnectionInit {
  run: ResolvedRun;
  keeping: Keeping;
  events: RunEvents;
  /** Called when the run cannot go on: all inputs without an outcome get this error. */
  failed: (error: Error) => void;
}

export class RunConnection {
  /** The keys whose inputs are limited; undefined if there is no such limit. */
  readonly shares: KeyShares | undefined;
  readonly #init: RunConnectionInit;
  #broker: Broker | undefined;
  #producer: Producer | undefined;
  #failure: Error | undefined;

  constructor(init: RunConnectionInit) {
    this.#init = init;
    const { limitPer } = init.run.limits;
    this.shares = limitPer && new KeyShares(limitPer.most, () => this.#producer?.supply.refill());
  }

  /** The producer, once it has started. */
  get producer(): Producer | undefined {
    return this.#producer;
  }

  /** Why the run cannot go on. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Connects and takes the lock of the run. Resolves with the tasks that the present workers have; undefined if there are none. */
  async open(): Promise<string[] | undefined> {
    const { run, keeping, events } = this.#init;
    let started: Producer | undefined;
    try {
      const broker = this.#broker = await Broker.open(run.broker);
      for (const warning of broker.warnings) events.notice(warning);
      const producer = started = new Producer({
        ...run,
        broker,
        module: moduleName(run.url),
        predecessor: keeping.lock?.predecessor,
        shares: this.shares,
        host: {
          commit: () => keeping.results?.commit(),
          notice: (line) => events.notice(line),
          waits: (line) => keeping.lock ? keeping.lock.onWait(line) : events.notice(line),
          failed: (error) => this.#failed(error),
          paused: (delay, key) => events.emit("pause", { key, delay }),
          limitsChanged: () => keeping.onLimits?.(),
        },
      });
      keeping.startsBy(producer.starts);
      const tasks = await producer.start();
      this.#producer = producer;
      return tasks;
    } catch (error) {
      this.#failed(error as Error);
      await started?.stop();
      await this.#broker?.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#producer?.stop();
    await this.#broker?.close();
  }

  #failed(error: Error): void {
    this.#failure = error;
    this.#init.events.emit("failed", { error });
    this.#init.failed(error);
  }
}
