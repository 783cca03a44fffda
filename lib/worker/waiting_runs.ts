/**
 * Runs that were sent ahead of the worker's slots. They wait here for a slot to fall free, so that the
 * worker need not wait for the caller; those that have waited for long go back, as another worker may
 * be idle.
 *
 * @module
 */

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
  /** Others that do not. */
  holes: Set<number> | undefined;
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

/** The runs that wait, in the order they came. */
export class WaitingRuns {
  #groups: Group[] = [];
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
    this.#groups.push({ id, target, inputs, isExact, request, offset, since, gone: 0, holes: undefined });
    this.#size += inputs.length;
  }

  /** Takes out the first. */
  shift(): WaitingRun | undefined {
    for (let group = this.#groups[0]; group; group = this.#groups[0]) {
      const at = group.gone++;
      if (group.gone >= group.inputs.length) this.#groups.shift();
      const id = group.id + at;
      if (at >= group.inputs.length || group.holes?.has(id)) continue;
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

  /** What is here now has no slot: sees to it that it does not wait for too long. */
  watch(): void {
    if (this.#size > 0) this.#timer ??= setTimeout(this.#look, HOLD);
  }

  /** Whether the run was here. */
  delete(id: number): boolean {
    const group = this.#groups.find((group) =>
      id >= group.id + group.gone && id < group.id + group.inputs.length
    );
    if (!group || group.holes?.has(id)) return false;
    (group.holes ??= new Set()).add(id);
    this.#size--;
    return true;
  }

  /** Gives back what a body has kept waiting for too long by `time`. */
  giveBackHeld(time: number): void {
    const limit = time - HELD;
    // They came in this order.
    if (this.#size > 0 && this.#groups[0].since <= limit) this.giveBack(limit);
  }

  /** Gives back all that may be given back, of those that came before `time`. */
  giveBack(time = Infinity): void {
    const groups = this.#groups;
    const goes = ({ request, since }: Group) => !request?.keep && since <= time;
    this.#groups = groups.filter((group) => !goes(group));
    // The last first: the caller puts each before those it has.
    for (const { id, inputs, gone, holes } of groups.filter(goes).reverse()) {
      for (let at = inputs.length - 1; at >= gone; at--) {
        if (holes?.has(id + at)) continue;
        this.#size--;
        this.#giveBack(id + at);
      }
    }
  }

  /** Forgets all. */
  clear(): void {
    this.#groups = [];
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
