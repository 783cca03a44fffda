/** Executes the tasks of a run by workers on other machines, which a broker reaches. */

import type { DistributedExecutor } from "../../distributed/executor.ts";
import type { FeedSink } from "../../executor/tasks/feed.ts";
import type { FeedOptions } from "../../executor/options/feed_options.ts";
import type { Pressure } from "../../executor/queue/start_limit.ts";
import type { CloseOptions } from "../../executor/options/close_options.ts";
import type { PumpInit } from "../input/line_pump.ts";
import { printLine } from "../progress/terminal.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Host, HostKeeper, HostListener } from "./host.ts";
import { RunLimits } from "./run_limits.ts";

/** Maximum number of inputs in order. A guess for any number of workers, which may come at any time. */
const WINDOW = 65_536;

type BrokerFeedOptions = Parameters<DistributedExecutor["feed"]>[2] & Pick<FeedOptions, "rowsNow">;

export class BrokerHost implements Host {
  readonly #executor: DistributedExecutor;
  readonly workers = navigator.hardwareConcurrency;
  readonly processes = 0;
  readonly window = WINDOW;
  readonly keysByContent = false;
  readonly tellsRetries = false;
  readonly settledConcurrency = undefined;
  readonly limits: RunLimits;
  readonly #options: RunOptions;

  constructor(executor: DistributedExecutor, options: RunOptions) {
    this.#executor = executor;
    this.#options = options;
    this.limits = new RunLimits(executor.keeping, () => executor.stats().rates, options);
  }

  get concurrency(): number {
    return this.#executor.concurrency;
  }

  batchFeed(): undefined {
    return undefined;
  }

  stats() {
    return this.#executor.stats();
  }

  farSlots(): number {
    return this.#executor.stats().slots;
  }

  /** Undefined, because only the workers know when an input was started. */
  oldest(): undefined {
    return undefined;
  }

  /** Only the number of slots is known here: rates and event loops belong to the workers. */
  pressure(): Pressure {
    const { pending, inFlight, slots } = this.#executor.stats();
    const limit = pending + inFlight === 0
      ? undefined
      : slots === 0
      ? "start"
      : inFlight >= slots
      ? "slots"
      : undefined;
    return { limit, loops: { busy: 0, watched: 0 } };
  }

  /** Rows of CSV are written by the main thread: workers on other machines send objects. */
  feed(task: PumpInit["task"], sink: FeedSink, options: BrokerFeedOptions) {
    const { batch, tag } = this.#options;
    const { rowsNow: _, ...others } = options;
    return this.#executor.feed(task, sink, { ...others, batch, prints: tag });
  }

  watch(listener: HostListener, keeper: HostKeeper | undefined): () => void {
    const executor = this.#executor;
    this.limits.watch(executor, listener);
    executor.addEventListener("notice", ({ detail }) => printLine(`polyloop: ${detail.message}`));
    executor.addEventListener("failed", ({ detail }) => listener.giveUp(detail.error.message));
    // After its result is in the journal, a job may be removed from Redis.
    executor.keeping.results = keeper;
    return () => {};
  }

  async close(options?: CloseOptions): Promise<void> {
    await this.#executor.close(options);
  }

  async terminate(): Promise<void> {
    await this.#executor.terminate();
  }
}
