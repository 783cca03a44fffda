/**
 * Watches a run for `--report`, `--trace` and `--stats`: is told of every input that settles, and keeps what they show
 * in memory that does not grow with the input.
 *
 * @module
 */

import { Histogram } from "../../../executor/histogram.ts";
import type { Origin } from "../../input/origin.ts";
import type { ErrorRecord } from "../../output/record.ts";
import { Bars } from "./bars.ts";
import { Curves } from "./curves.ts";
import { ErrorGroups } from "./error_groups.ts";
import { exampleOf } from "./example.ts";
import { type Laid, Lanes } from "./lanes.ts";
import { Slowest } from "./slowest.ts";

/** The number of a worker that stands for all those of earlier sessions. */
export const EARLIER = -1;

/** An input that settled. */
export interface Settled {
  index: number;
  ok: boolean;
  /** How long it ran, in milliseconds. */
  ms: number;
  /** Its worker; 0 if none had it. */
  workerId: number;
  /** When its outcome arrived, in milliseconds of `performance.now()`. */
  at: number;
  /** Why it failed. */
  error?: ErrorRecord;
}

/** An attempt that failed and was followed by another. */
export type Tried = Pick<Settled, "index" | "ms" | "workerId" | "at">;

/** An attempt where and when it ran. */
export interface Placed extends Laid {
  index: number;
  ok: boolean;
  /** Whether another attempt followed. */
  again?: boolean;
  slot: number;
  /** Whether it ran in an earlier session. */
  earlier?: boolean;
}

/** What a recorder needs to know. */
export interface RecorderInit {
  /** When the run began, in milliseconds of `performance.now()`. */
  begun: number;
  concurrency: number;
  /** Where an input came from; asked only before it is settled. */
  originOf(index: number): Pick<Origin, "number" | "line">;
  /** The workers that there are now. */
  workers(): number[];
  /** Is told of every task that ran. */
  onPlaced?(task: Placed): void;
}

/** A place for a worker; when it is replaced, its successor has the same. */
export interface Slot {
  /** Those that had it, the first one first. */
  workers: number[];
  lanes: Lanes;
  tasks: number;
  failed: number;
  /** The running times of its tasks together, in milliseconds. */
  busy: number;
}

/** Results of one worker that arrived together. */
interface Group {
  workerId: number;
  at: number;
  tasks: Placed[];
}

/** Takes outcomes, one by one. */
export class Recorder {
  readonly #init: RecorderInit;
  readonly slots: Slot[] = [];
  readonly times = new Histogram();
  readonly failedTimes = new Histogram();
  readonly curves = new Curves();
  readonly bars = new Bars();
  readonly errors = new ErrorGroups();
  readonly slowest = new Slowest();
  ok = 0;
  failed = 0;
  readonly #slotOf = new Map<number, number>();
  #group: Group | undefined;

  constructor(init: RecorderInit) {
    this.#init = init;
  }

  /** An input has an outcome for good. */
  settled({ index, ok, ms, workerId, at, error }: Settled): void {
    if (ok) this.ok++;
    else this.failed++;
    const { originOf, begun } = this.#init;
    if (error) this.errors.add(error, () => exampleOf(originOf(index)));
    // It never ran: its worker could not be had.
    if (workerId === 0) return;
    this.times.record(ms * 1_000);
    if (!ok) this.failedTimes.record(ms * 1_000);
    const time = at - begun;
    this.slowest.add(ms, () => ({ ...exampleOf(originOf(index)), ms, ok, start: Math.max(0, time - ms) }));
    this.#ended({ index, ok, again: false, ms, start: 0, lane: 0, slot: 0 }, workerId, time);
  }

  /** An attempt at an input failed. */
  tried({ index, ms, workerId, at }: Tried): void {
    const time = at - this.#init.begun;
    this.#ended({ index, ok: false, again: true, ms, start: 0, lane: 0, slot: 0 }, workerId, time);
  }

  #ended(attempt: Placed, workerId: number, time: number): void {
    const group = this.#group;
    if (group?.workerId !== workerId || group.at !== time) {
      this.#place();
      this.#group = { workerId, at: time, tasks: [] };
    }
    this.#group!.tasks.push(attempt);
  }

  /** No more will come. */
  finish(): void {
    this.#place();
  }

  #place(): void {
    if (!this.#group) return;
    const { workerId, at, tasks } = this.#group;
    this.#group = undefined;
    const number = this.#slotFor(workerId);
    const slot = this.slots[number];
    slot.lanes.place(tasks, at);
    for (const task of tasks) {
      task.slot = number;
      if (workerId === EARLIER) task.earlier = true;
      if (!task.again) slot.tasks++;
      if (!task.ok && !task.again) slot.failed++;
      slot.busy += task.ms;
      this.curves.add(task);
      this.bars.add(task);
      this.#init.onPlaced?.(task);
    }
  }

  /** A worker that is new takes the place of one that is no more, if there is one. */
  #slotFor(workerId: number): number {
    const known = this.#slotOf.get(workerId);
    if (known !== undefined) return known;
    const alive = this.#init.workers();
    let number = this.slots.findIndex(({ workers }) => !alive.includes(workers.at(-1)!));
    if (number === -1) {
      number = this.slots.length;
      const lanes = new Lanes(workerId === EARLIER ? Infinity : this.#init.concurrency);
      this.slots.push({ workers: [], lanes, tasks: 0, failed: 0, busy: 0 });
    }
    this.slots[number].workers.push(workerId);
    this.#slotOf.set(workerId, number);
    return number;
  }
}
