/**
 * Tells the user when a queue is paused or limited. A dashboard of BullMQ can do that, for all runs and workers; then nothing
 * starts although workers are there.
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";

/** Which queue, and whom to tell. */
interface HeldInit {
  broker: Broker;
  queue: BullQueue;
  notice(line: string): void;
}

/** The queue of a run's job chunks. */
export class HeldQueue {
  readonly #init: HeldInit;
  /** How it was held at the last look. */
  #said: string | undefined;

  constructor(init: HeldInit) {
    this.#init = init;
  }

  /** Tells the user if that has changed. */
  async look(): Promise<void> {
    const { broker: { client }, queue, notice } = this.#init;
    const fields = await client.hmget(queue.toKey("meta"), "paused", "concurrency", "max", "duration");
    const how = holdOf(fields);
    if (how === this.#said) return;
    this.#said = how;
    const name = `BullMQ's queue ${queue.name}`;
    notice(
      how === undefined
        ? `${name} is not held any more`
        : `${name} ${how}, as a dashboard may have asked for`,
    );
  }
}

function holdOf([paused, concurrency, max, duration]: (string | null)[]): string | undefined {
  if (paused !== null) return "is paused: nothing starts until it is resumed";
  if (concurrency !== null) return `lets all workers together have ${numberOf(concurrency)} chunks at once`;
  if (max === null) return undefined;
  return `starts no more than ${numberOf(max)} chunks in ${numberOf(duration)} ms`;
}

/** The number in a field that anybody may have written; 0 if it is none. */
function numberOf(text: string | null): string {
  return text !== null && /^\d{1,15}$/.test(text) ? text : "0";
}
