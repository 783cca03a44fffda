/**
 * Tasks that were sent ahead of the worker's slots. They wait here until a slot is free, so that the worker need not wait
 * for the caller. Tasks that have waited for long go back, because another worker may be idle.
 *
 * @module
 */

import { createObject } from "../wire/intrinsics.ts";
import type { TaskRequest } from "../wire/message.ts";
import { clearTimeout, now, setTimeout } from "./realm.ts";

/** Tasks that came together, with consecutive ids. */
interface Series {
  /** The id of the first task. */
  id: number;
  target: number;
  inputs: unknown[];
  request: TaskRequest | undefined;
  /** The inputs stand among those of a map at their ids plus this. */
  offset: number | undefined;
  /** When the tasks came, in milliseconds. */
  since: number;
  /** How many of the tasks, from the first on, wait no longer. */
  gone: number;
  /** The ids of other tasks that wait no longer. */
  holes: Record<number, true> | undefined;
}

/** Tasks that come in together. */
type ArrivedTasks =
  & Pick<Series, "target" | "inputs" | "offset" | "since">
  & Partial<Pick<Series, "request">>;

/** A task that has come and has no slot yet. */
export interface WaitingTask {
  id: number;
  target: number;
  input: unknown;
  request: TaskRequest | undefined;
  /** The place of its input among those of a map. */
  index: number | undefined;
}

/**
 * How long a task waits here, in milliseconds. Tasks that are sent ahead are short and take less together, as a rule. If
 * this is shorter, tasks travel back and forth; if it is longer, an idle worker waits for them.
 */
const HOLD = 20;

/**
 * A body that holds the loop for this long, in milliseconds, may have kept the worker from hearing that waiting tasks were
 * cancelled. A guess: with less, a machine that is busy with other programs would have everything sent back and forth.
 */
const HELD = 100;

/** How many places of finished series are kept, at most, before the list is made anew. */
const MOST_SPENT = 64;

/** The tasks that wait, in the order in which they came. Uses no methods of arrays and sets: a task may replace them. */
export class WaitingTasks {
  #series: Series[] = [];
  /** Where the first series stands that has tasks left. */
  #first = 0;
  #size = 0;
  readonly #giveBack: (id: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `giveBack` tells the caller that it has the task with this id again. */
  constructor(giveBack: (id: number) => void) {
    this.#giveBack = giveBack;
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#size;
  }

  /** Takes in one task, or several with consecutive ids. */
  add(id: number, tasks: ArrivedTasks): void {
    const { target, inputs, request, offset, since } = tasks;
    const series = { id, target, inputs, request, offset, since, gone: 0, holes: undefined };
    this.#series[this.#series.length] = series;
    this.#size += inputs.length;
  }

  /** Takes out the task that has waited longest. */
  shift(): WaitingTask | undefined {
    while (this.#first < this.#series.length) {
      const series = this.#series[this.#first];
      const at = series.gone++;
      if (series.gone >= series.inputs.length) this.#dropFirst();
      const id = series.id + at;
      if (at >= series.inputs.length || series.holes?.[id]) continue;
      this.#size--;
      const { target, inputs, request, offset } = series;
      const index = offset === undefined ? undefined : id + offset;
      return { id, target, input: inputs[at], request, index };
    }
    return undefined;
  }

  #dropFirst(): void {
    this.#first++;
    if (this.#first < MOST_SPENT && this.#first < this.#series.length) return;
    const rest: Series[] = [];
    for (let at = this.#first; at < this.#series.length; at++) rest[rest.length] = this.#series[at];
    this.#series = rest;
    this.#first = 0;
  }

  /** Starts the time after which the tasks that are here go back, unless it runs. */
  watch(): void {
    if (this.#size > 0) this.#timer ??= setTimeout(this.#look, HOLD);
  }

  /** Takes out the task with this id. Returns whether it was here. */
  delete(id: number): boolean {
    for (let at = this.#first; at < this.#series.length; at++) {
      const series = this.#series[at];
      if (id < series.id + series.gone || id >= series.id + series.inputs.length) continue;
      if (series.holes?.[id]) return false;
      series.holes ??= createObject(null) as Record<number, true>;
      series.holes[id] = true;
      this.#size--;
      return true;
    }
    return false;
  }

  /** Gives back the tasks that a body has kept waiting for too long at `time`. */
  giveBackHeld(time: number): void {
    const limit = time - HELD;
    // The first series came first.
    if (this.#size > 0 && this.#series[this.#first].since <= limit) this.giveBack(limit);
  }

  /** Gives back the tasks that came until `time`, except those that must be kept. */
  giveBack(time = Infinity): void {
    const kept: Series[] = [];
    const given: Series[] = [];
    for (let at = this.#first; at < this.#series.length; at++) {
      const series = this.#series[at];
      const list = !series.request?.keep && series.since <= time ? given : kept;
      list[list.length] = series;
    }
    this.#series = kept;
    this.#first = 0;
    // The last first, because the caller puts each before the tasks that it has.
    for (let last = given.length - 1; last >= 0; last--) this.#giveBackSeries(given[last]);
  }

  #giveBackSeries({ id, inputs, gone, holes }: Series): void {
    for (let at = inputs.length - 1; at >= gone; at--) {
      if (holes?.[id + at]) continue;
      this.#size--;
      this.#giveBack(id + at);
    }
  }

  /** Forgets all tasks. */
  clear(): void {
    this.#series = [];
    this.#first = 0;
    this.#size = 0;
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    // Timers may fire a little early.
    this.giveBack(now() - HOLD + 1);
    this.watch();
  };
}
