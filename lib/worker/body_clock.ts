/**
 * Measures how long a body has run by itself on an event loop that it shares. What a body computes in its first call is its own; after
 * that, the time in which the loop had nothing to do: as long as others compute, a body may wait for nothing but the
 * loop. A timer samples that: where it fires on time, the loop was free.
 *
 * @module
 */

import { max, min } from "../wire/intrinsics.ts";
import { Pulse } from "../wire/pulse.ts";
import { now, setTimeout } from "./realm.ts";

/** How often the loop is looked at, in milliseconds. A time-out may be late by as much; more often would cost more. */
const TICK = 10;

/** Timers of a free loop are late by less than this, in milliseconds: Deno's and Node's by one or two. */
const ON_TIME = 3;

/** What a slot keeps of its body's time. */
interface Timed {
  /** Since when it runs, in milliseconds. */
  begun: number;
  /** Where the loop's free time stood then, in milliseconds. */
  ownBegun: number;
}

/** Measures the bodies of one loop. */
export class BodyClock {
  readonly #pulse: Pulse | undefined;
  readonly #bodies: () => number;
  /** How long the loop was free, in milliseconds. */
  #free = 0;
  /** Since when that is to be found out, and how much of it were first calls. */
  #since = 0;
  #called = 0;
  /** How many bodies there were at once since then. */
  #most = 0;
  #ticks = false;

  /** `bodies` tells how many run. */
  constructor(memory: SharedArrayBuffer | undefined, bodies: () => number) {
    this.#pulse = memory && new Pulse(memory);
    this.#bodies = bodies;
  }

  /** A body is about to be called; `begun` is now. */
  enter(slot: Timed, id: number): void {
    const time = slot.begun;
    this.#tick(time);
    // Whatever the loop was until now, that was before this body.
    slot.ownBegun = this.#free + time - this.#since;
    this.#most = max(this.#most, this.#bodies());
    this.#pulse?.enter(id, time);
  }

  /** A body that has begun before is called again, for its next value, at `time`. */
  enterAgain(id: number, time: number): void {
    this.#tick(time);
    this.#pulse?.enterAgain(id, time);
  }

  /** The call, which began at `since`, has come back; the body may go on. */
  leave(slot: Timed, since: number): void {
    this.#pulse?.leave();
    const called = now() - since;
    this.#called += called;
    slot.ownBegun -= called;
  }

  /** How long a body has run by itself, and by the clock, in milliseconds. */
  age({ begun, ownBegun }: Timed): { own: number; wall: number } {
    return { own: max(0, this.#free - ownBegun), wall: now() - begun };
  }

  #tick(time: number): void {
    if (this.#ticks) return;
    this.#ticks = true;
    this.#since = time;
    this.#called = 0;
    this.#most = this.#bodies();
    setTimeout(this.#look, TICK);
  }

  readonly #look = (): void => {
    this.#ticks = false;
    const time = now();
    const passed = time - this.#since;
    const free = max(0, passed - this.#called);
    // One alone is late by itself, or because the machine is busy elsewhere.
    if (passed - TICK < ON_TIME) this.#free += free;
    else if (this.#most === 1) this.#free += min(free, TICK);
    if (this.#bodies() > 0) this.#tick(time);
  };
}
