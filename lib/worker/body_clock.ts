/**
 * Measures how long a body has run by itself on an event loop that it shares. The time of its first call counts. After
 * that, only time in which the loop was free counts, because while other bodies compute, a body may wait only for the
 * loop. A timer samples the loop: if it fires on time, the loop was free.
 */

import { max, min } from "../wire/intrinsics.ts";
import { Pulse } from "../wire/pulse.ts";
import { now, setTimeout } from "./realm.ts";

/** Interval between two samples, in milliseconds. Timeouts are late by up to this time. With a shorter interval, the timers cost more. */
const TICK = 10;

/** How late a timer of a free loop may be, in milliseconds. Measured: timers of Deno and Node are late by one or two. */
const ON_TIME = 3;

/** The times that a slot keeps. */
interface Timed {
  /** When the body began, in milliseconds. */
  begun: number;
  /** The loop's free time when the body began, in milliseconds. */
  ownBegun: number;
  /** Since when the body waits for its caller: the loop's free time, and the time; undefined if it does not wait. */
  paused?: { free: number; time: number };
  /** How long it has waited for its caller before, in milliseconds. */
  waited?: number;
}

export class BodyClock {
  readonly #pulse: Pulse | undefined;
  readonly #bodies: () => number;
  /** Time in which the loop was free until the last sample, in milliseconds. */
  #free = 0;
  /** The time of the last sample, plus the duration of first calls since then, in milliseconds. */
  #since = 0;
  #called = 0;
  /** Maximum number of bodies that ran at once since the last sample. */
  #most = 0;
  #ticks = false;

  /** `memory` holds the pulse. `bodies` returns the number of running bodies. */
  constructor(memory: SharedArrayBuffer | undefined, bodies: () => number) {
    this.#pulse = memory && new Pulse(memory);
    this.#bodies = bodies;
  }

  /**
   * Notes that a body is about to be called. `slot.begun` is the current time.
   *
   * @returns The result of {@link Pulse.enter}.
   */
  enter(slot: Timed, id: number): number | undefined {
    const time = slot.begun;
    this.#tick(time);
    // Free time between the last sample and now was before this body began.
    slot.ownBegun = this.#free + time - this.#since;
    slot.waited = 0;
    this.#most = max(this.#most, this.#bodies());
    return this.#pulse?.enter(id, time);
  }

  /** Notes that a body is about to be called for its next value, at `time`. */
  enterAgain(id: number, time: number): void {
    this.#tick(time);
    this.#pulse?.enterAgain(id, time);
  }

  /** Notes that the call that began at `since` has returned. The body may go on. */
  leave(slot: Timed, since: number): void {
    this.#pulse?.leave();
    const called = now() - since;
    this.#called += called;
    slot.ownBegun -= called;
  }

  /** Does not count the time from now until the returned function is called: the body waits for its caller. */
  pause(slot: Timed): () => void {
    const { free, time } = slot.paused = { free: this.#free, time: now() };
    return () => {
      slot.ownBegun += this.#free - free;
      slot.waited = (slot.waited ?? 0) + now() - time;
      slot.paused = undefined;
    };
  }

  /** Returns how long a body has run by itself and by the clock, in milliseconds. */
  age({ begun, ownBegun, paused, waited = 0 }: Timed): { own: number; wall: number } {
    const { free, time } = paused ?? { free: this.#free, time: now() };
    return { own: max(0, free - ownBegun), wall: time - begun - waited };
  }

  #tick(time: number): void {
    if (this.#ticks) return;
    this.#ticks = true;
    this.#pulse?.turn(time);
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
    // If only one body runs, a late timer is due to that body or to another program on the machine.
    if (passed - TICK < ON_TIME) this.#free += free;
    else if (this.#most === 1) this.#free += min(free, TICK);
    if (this.#bodies() > 0) this.#tick(time);
    else this.#pulse?.turn(0);
  };
}
