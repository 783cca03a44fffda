/**
 * Tells the user when a queue is paused or limited. A dashboard of BullMQ can do that for all runs and workers. Then
 * nothing starts although workers are present.
 */

import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";

interface HeldInit {
  broker: Broker;
  queue: BullQueue;
  notice(line: string): void;
}

export class HeldQueue {
  readonly #init: HeldInit;
  /** The state at the last check. */
  #said: string | undefined;

  constructor(init: HeldInit) {
    this.#init = init;
  }

  /** Checks the queue, and tells the user if its state has changed. */
  async look(): Promise<void> {
    const { broker: { client }, queue, notice } = this.#init;
    const fields = await client.hmget(queue.toKey("meta"), "paused", "concurrency", "max", "duration");
    const how = holdOf(fields);
    if (how === this.#said) return;
    this.#said = how;
    const name = `BullMQ's queue ${queue.name}`;
    notice(
      how === undefined
        ? `${name} is no longer paused or limited`
        : `${name} ${how} (a dashboard may have set this)`,
    );
  }
}

function holdOf([paused, concurrency, max, duration]: (string | null)[]): string | undefined {
  if (paused !== null) return "is paused: nothing starts until it is resumed";
  if (concurrency !== null) {
    return `allows ${numberOf(concurrency)} job chunks in flight on all workers together`;
  }
  if (max === null) return undefined;
  return `starts at most ${numberOf(max)} job chunks in ${numberOf(duration)} ms`;
}

/** Returns the number in a field, which any client may have written; 0 if it is not a number. */
function numberOf(text: string | null): string {
  return text !== null && /^\d{1,15}$/.test(text) ? text : "0";
}
