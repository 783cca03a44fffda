/**
 * Runs that were sent ahead of the worker's slots. They wait here for a slot to fall free, so that the
 * worker need not wait for the caller; those that have waited for long go back, as another worker may
 * be idle.
 *
 * @module
 */

import { createObject } from "../wire/intrinsics.ts";
import type { RunRequest } from "../wire/message.ts";
import { clearTimeout, now, setTimeout } from "./realm.ts";

/** Runs that came together, with consecutive ids. */
interface Group {
  /** The id of the first. */
  id: number;
  target: number;
  inputs: unknown[];
  /** Whether all their texts were looked at together and found exact (`json_input.ts`). */
  isExact: boolean;
  request: RunRequest | undefined;
  /** Where they stand among a map's inputs: at their ids plus this. */
  offset: number | undefined;
  /** When they came, in milliseconds. */
  since: number;
  /** How many of them, from the first on, wait no longer. */
  gone: number;
  /** Others that do not, by number. */
  holes: Record<number, true> | undefined;
}

/** Runs that come in together. */
type ArrivedRuns =
  & Pick<Group, "target" | "inputs" | "offset" | "since">
  & Partial<Pick<Group, "isExact" | "request">>;

/** A run that was received and has no slot yet. */
export interface WaitingRun {
  id: number;
  target: number;
  input: unknown;
  isExact: boolean;
  request: RunRequest | undefined;
  /** Where its input stands among those of a map. */
  index: number | undefined;
}

/** How long a run waits here, in milliseconds: more than what is sent ahead of a worker takes it, as a rule. */
const HOLD = 20;

/**
 * A body that holds the loop for so long, in milliseconds, may have kept the worker from hearing that what waits was
 * cancelled. A guess: less, and a machine that is busy elsewhere would have everything sent back and forth.
 */
const HELD = 100;

/** So many places of groups that are spent are kept at most. */
const MOST_SPENT = 64;

/**
 * The runs that wait, in the order they came. Written without methods of arrays and sets, as the whole of the loop: a task may
 * replace them.
 */
export class WaitingRuns {
  #groups: Group[] = [];
  /** Where the first of them stands: those before it are spent. */
  #first = 0;
  #size = 0;
  readonly #giveBack: (id: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `giveBack` tells the caller that it has this run again. */
  constructor(giveBack: (id: number) => void) {
    this.#giveBack = giveBack;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes in one run, or several with consecutive ids. */
  add(id: number, runs: ArrivedRuns): void {
    const { target, inputs, isExact = false, request, offset, since } = runs;
    const group = { id, target, inputs, isExact, request, offset, since, gone: 0, holes: undefined };
    this.#groups[this.#groups.length] = group;
    this.#size += inputs.length;
  }

  /** Takes out the first. */
  shift(): WaitingRun | undefined {
    while (this.#first < this.#groups.length) {
      const group = this.#groups[this.#first];
      const at = group.gone++;
      if (group.gone >= group.inputs.length) this.#dropFirst();
      const id = group.id + at;
      if (at >= group.inputs.length || group.holes?.[id]) continue;
      this.#size--;
      const { target, inputs, isExact, request, offset } = group;
      return {
        id,
        target,
        input: inputs[at],
        isExact,
        request,
        index: offset === undefined ? undefined : id + offset,
      };
    }
    return undefined;
  }

  #dropFirst(): void {
    this.#first++;
    if (this.#first < MOST_SPENT && this.#first < this.#groups.length) return;
    const rest: Group[] = [];
    for (let at = this.#first; at < this.#groups.length; at++) rest[rest.length] = this.#groups[at];
    this.#groups = rest;
    this.#first = 0;
  }

  /** What is here now has no slot: sees to it that it does not wait for too long. */
  watch(): void {
    if (this.#size > 0) this.#timer ??= setTimeout(this.#look, HOLD);
  }

  /** Whether the run was here. */
  delete(id: number): boolean {
    for (let at = this.#first; at < this.#groups.length; at++) {
      const group = this.#groups[at];
      if (id < group.id + group.gone || id >= group.id + group.inputs.length) continue;
      if (group.holes?.[id]) return false;
      group.holes ??= createObject(null) as Record<number, true>;
      group.holes[id] = true;
      this.#size--;
      return true;
    }
    return false;
  }

  /** Gives back what a body has kept waiting for too long by `time`. */
  giveBackHeld(time: number): void {
    const limit = time - HELD;
    // They came in this order.
    if (this.#size > 0 && this.#groups[this.#first].since <= limit) this.giveBack(limit);
  }

  /** Gives back all that may be given back, of those that came before `time`. */
  giveBack(time = Infinity): void {
    const kept: Group[] = [];
    const given: Group[] = [];
    for (let at = this.#first; at < this.#groups.length; at++) {
      const group = this.#groups[at];
      const list = !group.request?.keep && group.since <= time ? given : kept;
      list[list.length] = group;
    }
    this.#groups = kept;
    this.#first = 0;
    // The last first: the caller puts each before those it has.
    for (let last = given.length - 1; last >= 0; last--) this.#giveBackGroup(given[last]);
  }

  #giveBackGroup({ id, inputs, gone, holes }: Group): void {
    for (let at = inputs.length - 1; at >= gone; at--) {
      if (holes?.[id + at]) continue;
      this.#size--;
      this.#giveBack(id + at);
    }
  }

  /** Forgets all. */
  clear(): void {
    this.#groups = [];
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
