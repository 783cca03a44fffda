/**
 * Measures how long a body has run by itself, on an event loop that it shares. The time of its first call counts, and after
 * that the time in which the loop was free: while other bodies compute, a body may wait for nothing but the loop. A timer
 * samples the loop. Where the timer fires on time, the loop was free.
 *
 * @module
 */

import { max, min } from "../wire/intrinsics.ts";
import { Pulse } from "../wire/pulse.ts";
import { now, setTimeout } from "./realm.ts";

/** Milliseconds between two samples. Time-outs are late by as much; with less, the timers cost more. */
const TICK = 10;

/** Milliseconds by which a timer of a free loop may be late. Measured: Deno's and Node's are late by one or two. */
const ON_TIME = 3;

/** The part of a slot that is about time. */
interface Timed {
  /** When the body began, in milliseconds. */
  begun: number;
  /** The loop's free time when the body began, in milliseconds. */
  ownBegun: number;
}

/** Measures the bodies of one loop. */
export class BodyClock {
  readonly #pulse: Pulse | undefined;
  readonly #bodies: () => number;
  /** How long the loop was free until the last sample, in milliseconds. */
  #free = 0;
  /** When the last sample was taken, and how long first calls took since then, in milliseconds. */
  #since = 0;
  #called = 0;
  /** The most bodies that ran at once since then. */
  #most = 0;
  #ticks = false;

  /** `memory` is where the pulse is written; `bodies` returns how many bodies run. */
  constructor(memory: SharedArrayBuffer | undefined, bodies: () => number) {
    this.#pulse = memory && new Pulse(memory);
    this.#bodies = bodies;
  }

  /** Notes that a body is about to be called; `slot.begun` is now. */
  enter(slot: Timed, id: number): void {
    const time = slot.begun;
    this.#tick(time);
    // The free time since the last sample was before this body.
    slot.ownBegun = this.#free + time - this.#since;
    this.#most = max(this.#most, this.#bodies());
    this.#pulse?.enter(id, time);
  }

  /** Notes that a body is about to be called for its next value, at `time`. */
  enterAgain(id: number, time: number): void {
    this.#tick(time);
    this.#pulse?.enterAgain(id, time);
  }

  /** Notes that the call, which began at `since`, has returned. The body may go on. */
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
    // With one body alone, a late timer is due to that body or to another program on the machine.
    if (passed - TICK < ON_TIME) this.#free += free;
    else if (this.#most === 1) this.#free += min(free, TICK);
    if (this.#bodies() > 0) this.#tick(time);
  };
}
