/**
 * Watches what limits a run, for a report. It looks at the state of the run at intervals, because that costs the run nothing: no
 * task, line or outcome is counted for it. What a look finds stands for the whole time since the look before it.
 */

import process from "node:process";
import type { LinePump } from "../input/line_pump.ts";
import type { Pressure } from "../../executor/queue/start_limit.ts";
import type { LimitTimes } from "./recording/limit_times.ts";
import type { Limit } from "./recording/limits.ts";

/** Shortest and longest time between two looks, in milliseconds. A look takes about 20 µs. */
const SHORTEST = 20;
const LONGEST = 250;

/** A look that is later than this, in milliseconds, shows that the main thread was busy. A guess: timers are late by 1 to 7 ms. */
const LATE = 50;

/** Time over which the use of the CPU is measured, in milliseconds. */
const SPAN = 100;

/**
 * Event loops that are in use for this part of the time, and cores, are busy. Guesses: threads that compute on a machine with other
 * programs use 0.75 of their loop's time and less.
 */
const BUSY_LOOPS = 0.6;
const BUSY_CORES = 0.8;

/**
 * Workers report the use of their loops every 250 ms while tasks run. If all slots are in use and no worker has reported for this time,
 * in milliseconds, bodies block the loops.
 */
const SILENCE = 600;

/** Whether workers report: Bun does not tell how busy a loop is. */
const REPORTS = !("Bun" in globalThis);

export interface RunView {
  /** The time since the run began, in milliseconds. */
  now(): number;
  pressure(): Pressure;
  waitsFor(): LinePump["waitsFor"];
}

export class LimitWatch {
  readonly #view: RunView;
  readonly #times: LimitTimes;
  readonly #cpu = new CpuUse();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: number;
  #due = 0;
  #limit: Limit = "start";

  constructor(view: RunView, times: LimitTimes) {
    this.#view = view;
    this.#times = times;
    this.#last = view.now();
    this.#arm();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#add();
  }

  #arm(): void {
    const delay = Math.min(LONGEST, Math.max(SHORTEST, this.#times.step / 2));
    this.#due = performance.now() + delay;
    this.#timer = setTimeout(this.#look, delay);
    (this.#timer as { unref?(): void }).unref?.();
  }

  readonly #look = (): void => {
    const pressure = this.#view.pressure();
    const isBusy = this.#cpu.look(pressure);
    const isLate = performance.now() - this.#due > LATE;
    this.#limit = this.#limitOf(pressure.limit, isBusy || isLate && this.#cpu.isUsed);
    this.#add();
    this.#arm();
  };

  #limitOf(limit: Pressure["limit"], isBusy: boolean): Limit {
    if (limit === "slots") return isBusy ? "cpu" : "slots";
    const waitsFor = this.#view.waitsFor();
    // Delays of retries limit a run only if there is nothing else to do.
    if (limit === "retries" && waitsFor === "input") return "input";
    if (limit !== undefined && limit !== "pause") return limit;
    return waitsFor ?? (isBusy ? "cpu" : "end");
  }

  #add(): void {
    const now = this.#view.now();
    this.#times.add(this.#limit, this.#last, now);
    this.#last = now;
  }
}

/** Measures whether event loops of workers, or the cores of this machine, are busy. */
class CpuUse {
  #at = performance.now();
  #cpu = process.cpuUsage();
  #cores = 0;
  #loops = { busy: 0, watched: 0 };
  /** The part of the time in which loops were busy, by the last reports. */
  #reported = 0;
  #silentSince = this.#at;

  /** Whether this process used at least half a core in the last span. */
  get isUsed(): boolean {
    return this.#cores >= 0.5;
  }

  look({ loops, limit }: Pressure): boolean {
    const now = performance.now();
    const watched = loops.watched - this.#loops.watched;
    if (watched > 0) {
      this.#reported = (loops.busy - this.#loops.busy) / watched;
      this.#loops = loops;
    }
    if (watched > 0 || limit !== "slots") this.#silentSince = now;
    const isSilent = REPORTS && now - this.#silentSince > SILENCE;
    const passed = now - this.#at;
    if (passed >= SPAN) {
      const { user, system } = process.cpuUsage(this.#cpu);
      this.#cores = (user + system) / 1_000 / passed;
      this.#at = now;
      this.#cpu = process.cpuUsage();
    }
    return isSilent || this.#reported >= BUSY_LOOPS ||
      this.#cores >= BUSY_CORES * navigator.hardwareConcurrency;
  }
}
