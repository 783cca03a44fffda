/** Pauses a run if an operator asks for it, and tells the user. */

import type { Broker } from "../broker/broker.ts";
import { pauserOf } from "../broker/orders.ts";
import { shown } from "../broker/protocol.ts";

interface HeldRunInit {
  broker: Broker;
  run: string;
  notice(line: string): void;
  setPaused(isPaused: boolean): void;
}

export class HeldRun {
  readonly #init: HeldRunInit;
  #isPaused = false;

  constructor(init: HeldRunInit) {
    this.#init = init;
  }

  /** Looks for an order, and obeys it. */
  async look(): Promise<void> {
    const { broker, run, notice, setPaused } = this.#init;
    const by = await pauserOf(broker, run);
    const isPaused = by !== undefined;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    notice(
      isPaused
        ? `paused by polyloop top on ${shown(by)}; the key p there ends the pause`
        : "the pause has ended",
    );
    setPaused(isPaused);
  }
}
