/**
 * Tasks that were sent ahead of the worker's slots. They wait here for a free slot, so that the worker need not wait
 * for the caller. Tasks that have waited too long return to the caller, because another worker may be idle.
 */

import { createObject, isArray } from "../wire/intrinsics.ts";
import type { TextReader } from "../wire/lines.ts";
import type { TaskRequest } from "../wire/message.ts";
import { clearTimeout, now, setTimeout } from "./realm.ts";

/** Tasks that arrived together, with consecutive ids. */
interface Series {
  /** The id of the first task. */
  id: number;
  target: number;
  inputs: unknown[] | TextReader;
  request: TaskRequest | undefined;
  /**
   * The index of an input in its map is the task's id plus this number; undefined if the tasks do not belong to a map.
   */
  offset: number | undefined;
  /** When the tasks arrived, in milliseconds. */
  since: number;
  /** Number of tasks, from the first on, that no longer wait. */
  gone: number;
  /** The ids of other tasks that no longer wait. */
  holes: Record<number, true> | undefined;
}

/** The part of tasks that arrive together. */
type ArrivedTasks = Pick<Series, "target" | "inputs" | "request" | "offset" | "since">;

/** A task that has arrived and has no slot yet. */
export interface WaitingTask {
  id: number;
  target: number;
  input: unknown;
  request: TaskRequest | undefined;
  /** The index of its input in a map. */
  index: number | undefined;
}

/**
 * How long a task waits here, in milliseconds. Tasks that are sent ahead are short and usually take less time together.
 * A shorter wait would send tasks back and forth. With a longer wait, an idle worker would have no tasks.
 */
const HOLD = 20;

/**
 * A body that holds the loop for this long, in milliseconds, may have delayed messages that cancel waiting tasks. A
 * guess: with less, a machine that is busy with other programs would have everything sent back and forth.
 */
const HELD = 100;

/** Maximum number of finished series that stay in the list before it is made anew. */
const MOST_SPENT = 64;

/** The waiting tasks, in order of arrival. Uses no methods of arrays and sets, because a task may replace them. */
export class WaitingTasks {
  #series: Series[] = [];
  /** The index of the first series that has tasks left. */
  #first = 0;
  #size = 0;
  readonly #giveBack: (id: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `giveBack` returns the task with this id to the caller. */
  constructor(giveBack: (id: number) => void) {
    this.#giveBack = giveBack;
  }

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
      // Not by `instanceof`, which walks the prototypes of each array: 3 % of a worker's CPU time with `map()` of numbers.
      return { id, target, input: isArray(inputs) ? inputs[at] : inputs.at(at), request, index };
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

  /** Starts the time after which these tasks return to the caller, unless it already runs. */
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

  /** Returns to the caller the tasks that a body has kept waiting for too long at `time`. */
  giveBackHeld(time: number): void {
    const limit = time - HELD;
    // The first series arrived first.
    if (this.#size > 0 && this.#series[this.#first].since <= limit) this.giveBack(limit);
  }

  /** Returns to the caller the tasks that arrived until `time`, except tasks that must be kept. */
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
    // The last one first, because the caller puts each before its other tasks.
    for (let last = given.length - 1; last >= 0; last--) this.#giveBackSeries(given[last]);
  }

  #giveBackSeries({ id, inputs, gone, holes }: Series): void {
    for (let at = inputs.length - 1; at >= gone; at--) {
      if (holes?.[id + at]) continue;
      this.#size--;
      this.#giveBack(id + at);
    }
  }

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
