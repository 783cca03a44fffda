/** The events of an executor over a broker. */

import type { DistributedEvents } from "../options/types.ts";

export class RunEvents {
  /** Whether `taskfailed` and `retry` have ever had a listener. */
  hearsFailures = false;
  hearsRetries = false;
  readonly #target: EventTarget;
  /** Notices from before their first listener was added. */
  #unheard: string[] | undefined = [];

  constructor(target: EventTarget) {
    this.#target = target;
  }

  /** Takes note that a listener was added. The first one for notices gets the earlier notices. */
  listened(type: string): void {
    this.hearsFailures ||= type === "taskfailed";
    this.hearsRetries ||= type === "retry";
    if (type !== "notice") return;
    const unheard = this.#unheard ?? [];
    this.#unheard = undefined;
    for (const message of unheard) this.notice(message);
  }

  emit<K extends keyof DistributedEvents>(type: K, detail: DistributedEvents[K]["detail"]): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }));
  }

  notice(message: string): void {
    if (this.#unheard) this.#unheard.push(message);
    else this.emit("notice", { message });
  }
}
