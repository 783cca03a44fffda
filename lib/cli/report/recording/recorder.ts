/**
 * Records a run for `--report`, `--trace` and `--stats`. It is told of every attempt and outcome. Its memory does not grow with the
 * number of inputs.
 */

import { Histogram } from "../../../executor/basics/histogram.ts";
import type { Origin } from "../../input/origin.ts";
import type { ErrorRecord } from "../../output/record.ts";
import { type Bar, Bars } from "./bars.ts";
import { Curves } from "./curves.ts";
import { ErrorGroups, type Said } from "./error_groups.ts";
import { exampleOf, type Listed, listedSample, Slowest } from "./inputs.ts";
import { type Laid, Lanes } from "./lanes.ts";
import { LimitTimes } from "./limit_times.ts";

/** The id of one worker that stands for all workers of earlier sessions. */
export const EARLIER = -1;

export interface Settled {
  index: number;
  ok: boolean;
  /** Running time of the last attempt, in milliseconds. */
  ms: number;
  /** The id of its worker; 0 if it was on no worker. */
  workerId: number;
  /** When its outcome arrived, in milliseconds of `performance.now()`. */
  at: number;
  /** Number of attempts. Default: 1. */
  attempts?: number;
  error?: ErrorRecord;
  cause?: string;
}

interface Tried extends Pick<Settled, "index" | "ms" | "workerId" | "at"> {
  error: Said;
}

export interface Placed extends Laid, Bar {
  earlier?: boolean;
}

export interface RecorderInit {
  /** When the run began, in milliseconds of `performance.now()`. */
  begun: number;
  concurrency: number;
  /** Returns the line of an input. Called before the run forgets the input. */
  originOf(index: number): Pick<Origin, "number" | "line">;
  /** Returns the index of an input among all inputs. Called before the run forgets the input. Default: its index in the run. */
  wholeOf?(index: number): number;
  workers(): number[];
  /** Returns the name of the machine that a worker is on, if it is another one, and how many tasks the worker runs at a time. */
  machineOf?(workerId: number): { name: string; concurrency(): number } | undefined;
  onPlaced?(task: Placed): void;
}

/** A worker's position in the pool, which its successor takes over. */
interface Position {
  workers: number[];
  /** The name of its machine, if it is another one. */
  machine: string | undefined;
  lanes: Lanes;
  tasks: number;
  failed: number;
  /** Sum of the running times of its attempts, in milliseconds. */
  busy: number;
}

interface Group {
  workerId: number;
  at: number;
  tasks: Placed[];
}

export class Recorder {
  readonly #init: RecorderInit;
  readonly positions: Position[] = [];
  readonly times = new Histogram();
  readonly failedTimes = new Histogram();
  readonly curves = new Curves();
  readonly bars = new Bars();
  readonly limits = new LimitTimes();
  readonly inputs = listedSample();
  /** The errors of failed inputs, and of attempts that another one followed. */
  readonly errors = new ErrorGroups();
  readonly retryErrors = new ErrorGroups();
  readonly slowest = new Slowest();
  ok = 0;
  failed = 0;
  readonly #positions = new Map<number, number>();
  #group: Group | undefined;

  constructor(init: RecorderInit) {
    this.#init = init;
  }

  settled({ index, ok, ms, workerId, at, attempts = 1, error, cause }: Settled): void {
    if (ok) this.ok++;
    else this.failed++;
    const { originOf, begun } = this.#init;
    const whole = this.#wholeOf(index);
    let listed: Listed | undefined;
    const list = () => listed ??= { ...exampleOf(originOf(index)), index: whole, ok, ms, attempts };
    const kind = error && this.errors.add({ ...error, cause }, list);
    this.inputs.add(whole, ok, list);
    // It has not run, because no worker could be started.
    if (workerId === 0) {
      if (listed) listed.kind = kind;
      return;
    }
    this.times.record(ms * 1_000);
    if (!ok) this.failedTimes.record(ms * 1_000);
    const time = at - begun;
    this.slowest.add(ms, list);
    const attempt = { index: whole, ok, again: false, ms, kind, start: 0, lane: 0, position: 0 };
    if (listed) Object.assign(listed, { kind, attempt });
    this.#ended(attempt, workerId, time);
  }

  tried({ index, ms, workerId, at, error }: Tried): void {
    const time = at - this.#init.begun;
    const kind = this.retryErrors.add(error);
    const attempt = { index: this.#wholeOf(index), ok: false, again: true, ms, kind };
    this.#ended({ ...attempt, start: 0, lane: 0, position: 0 }, workerId, time);
  }

  #wholeOf(index: number): number {
    return this.#init.wholeOf?.(index) ?? index;
  }

  #ended(attempt: Placed, workerId: number, time: number): void {
    const group = this.#group;
    if (group?.workerId !== workerId || group.at !== time) {
      this.#place();
      this.#group = { workerId, at: time, tasks: [] };
    }
    this.#group!.tasks.push(attempt);
  }

  finish(): void {
    this.#place();
  }

  #place(): void {
    if (!this.#group) return;
    const { workerId, at, tasks } = this.#group;
    this.#group = undefined;
    const number = this.#positionOf(workerId);
    const position = this.positions[number];
    position.lanes.place(tasks, at);
    for (const task of tasks) {
      task.position = number;
      if (workerId === EARLIER) task.earlier = true;
      if (!task.again) position.tasks++;
      if (!task.ok && !task.again) position.failed++;
      position.busy += task.ms;
      this.curves.add(task);
      this.bars.add(task);
      this.#init.onPlaced?.(task);
    }
  }

  /** The position of a worker. A new worker takes the position of one that has ended, if there is one. */
  #positionOf(workerId: number): number {
    const known = this.#positions.get(workerId);
    if (known !== undefined) return known;
    const alive = this.#init.workers();
    let number = this.positions.findIndex(({ workers }) => !alive.includes(workers.at(-1)!));
    if (number === -1) {
      number = this.positions.length;
      const machine = this.#init.machineOf?.(workerId);
      const most = workerId === EARLIER ? Infinity : this.#init.concurrency;
      const lanes = new Lanes(() => machine?.concurrency() ?? most);
      this.positions.push({ workers: [], machine: machine?.name, lanes, tasks: 0, failed: 0, busy: 0 });
    }
    this.positions[number].workers.push(workerId);
    this.#positions.set(workerId, number);
    return number;
  }
}
