/** Executes the tasks of a run on this machine. */

import type { Executor } from "../../executor/executor.ts";
import type { FeedOptions } from "../../executor/options/feed_options.ts";
import type { FeedSink } from "../../executor/tasks/feed.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import { HIGHEST_LEVEL } from "../../executor/queue/auto_concurrency.ts";
import type { CloseOptions } from "../../executor/options/close_options.ts";
import type { PumpInit } from "../input/line_pump.ts";
import type { RunOptions } from "../flags/options.ts";
import { printLine } from "../progress/terminal.ts";
import type { Host, HostListener } from "./host.ts";
import { RunLimits } from "./run_limits.ts";
import process from "node:process";

/** Minimum window. A guess: with a smaller one, one slow input holds up many fast ones. The source limits the bytes, too. */
const LEAST_WINDOW = 16_384;

/** Number of inputs per slot ahead of the slowest input. A guess: with fewer, slots are idle while it runs. */
const WINDOWS_PER_SLOT = 4;

export class LocalHost implements Host {
  readonly #executor: Executor;
  readonly #options: RunOptions;
  readonly keysByContent = true;
  readonly tellsRetries = true;
  readonly limits: RunLimits;

  constructor(executor: Executor, options: RunOptions) {
    this.#executor = executor;
    this.#options = options;
    this.limits = new RunLimits(executor.core, () => executor.stats().rates, options);
  }

  get workers(): number {
    return this.#options.workers ?? navigator.hardwareConcurrency;
  }

  get processes(): number {
    return this.#options.isolation === "process" ? this.workers : 0;
  }

  get window(): number {
    const { concurrency = 16, batch = 1 } = this.#options;
    const slots = this.workers * (concurrency === "auto" ? HIGHEST_LEVEL : concurrency);
    return Math.max(LEAST_WINDOW, WINDOWS_PER_SLOT * slots * batch);
  }

  get concurrency(): number {
    return this.#executor.concurrency;
  }

  get settledConcurrency(): number | undefined {
    return this.#options.concurrency === "auto" ? this.#executor.concurrency : undefined;
  }

  async batchFeed() {
    return (await import("../../executor/calls/batch_feed.ts")).BatchFeed;
  }

  stats() {
    return this.#executor.stats();
  }

  farSlots(): undefined {
    return undefined;
  }

  oldest() {
    return this.#executor.core.oldest();
  }

  pressure() {
    return this.#executor.core.pressure();
  }

  feed(task: PumpInit["task"], sink: FeedSink, options: FeedOptions) {
    return this.#executor.feed(task, sink, options);
  }

  watch(listener: HostListener): () => void {
    const executor = this.#executor;
    this.limits.watch(executor, listener);
    executor.addEventListener("workerstart", listener.workerStarted);
    executor.addEventListener("teardownfailed", (event) => {
      event.preventDefault();
      listener.teardownFailed(event.detail.error);
    });
    executor.addEventListener("threadstuck", (event) => {
      event.preventDefault();
      const advice = "Run tasks that may never end with --isolation process";
      sayOnce("threadstuck", stuckThreadText("thread", advice));
    });
    executor.addEventListener("retryafterunknown", (event) => {
      event.preventDefault();
      const { retryAfter } = event.detail;
      const value = JSON.stringify(retryAfter) ?? String(retryAfter);
      sayOnce(
        "retryafterunknown",
        `the retryAfter of an error is ${value}, which is neither seconds nor an HTTP date, so it is ignored`,
      );
    });
    const said = new Set<string>();
    return watchSlotSignals(executor, printLine);

    function sayOnce(event: string, line: string): void {
      if (!said.has(event)) printLine(`polyloop: ${line}`);
      said.add(event);
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    await this.#executor.close(options);
  }

  async terminate(): Promise<void> {
    await this.#executor.terminate();
  }
}

/**
 * SIGUSR1 and SIGUSR2 change the concurrency of a run by one, as GNU xargs changes its number of processes, until the returned function
 * is called. Windows has no such signals.
 */
function watchSlotSignals(executor: Executor, say: (line: string) => void): () => void {
  if (process.platform === "win32") return () => {};
  const change = (by: number, name: string) => () => {
    const concurrency = executor.concurrency + by;
    if (concurrency < 1) return say(`polyloop: 1 in flight per worker is the minimum (${name})`);
    executor.setConcurrency(concurrency);
    say(`polyloop: ${concurrency} in flight per worker (${name})`);
  };
  const handlers = [
    ["SIGUSR1", change(1, "SIGUSR1")],
    ["SIGUSR2", change(-1, "SIGUSR2")],
  ] as const;
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}
