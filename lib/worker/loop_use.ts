/**
 * Measures how much of the time a thread's event loop was busy. Node counts this time. Elsewhere, it is the thread's
 * CPU time or is estimated from late timers, because a loop that waits in a system call uses no CPU.
 */

import { max, min } from "../wire/intrinsics.ts";
import type { LoopUse } from "../wire/message.ts";
import { now } from "./realm.ts";

/** A timer that is at least this late shows a busy loop, in milliseconds. */
const LATE = 8;

/** The parts of Node's and Deno's globals that are used here. */
interface Runtime {
  performance: { eventLoopUtilization?(): { idle: number; active: number } };
  process?: { threadCpuUsage?(): { user: number; system: number } };
}

const scope = globalThis as unknown as Runtime;
const { performance } = scope;
const eventLoopUtilization = performance.eventLoopUtilization?.bind(performance);

/** Whether the runtime counts how busy the loop is. Deno's count is always 0. */
const isCounted = !("Deno" in globalThis) && !("Bun" in globalThis) && eventLoopUtilization !== undefined;

/** Measures one loop. */
export class LoopUseMeter {
  readonly total: LoopUse = { busy: 0, watched: 0 };
  readonly #process: Runtime["process"];
  #begun: { time: number; busy: number } | undefined;
  #looks = 0;
  #lateLooks = 0;

  /** Number of timers in one measured period. */
  static readonly looks = isCounted ? 1 : 10;

  /**
   * Must be called before a task can replace what Deno loads `process` with: the worker would be lost.
   *
   * @param readsClock whether to measure where the runtime does not count. Deno then loads `process`, which takes 14 ms of CPU
   * time, as long as it starts a thread
   */
  constructor(readsClock: boolean) {
    this.#process = readsClock && !isCounted ? scope.process : undefined;
  }

  /** Begins a period in which tasks run. */
  begin(): void {
    const busy = this.#busySoFar();
    this.#begun = busy === undefined ? undefined : { time: now(), busy };
    this.#looks = this.#lateLooks = 0;
  }

  /** Notes that a timer fired `late` milliseconds late. */
  look(late: number): void {
    this.#looks++;
    if (late > LATE) this.#lateLooks++;
  }

  /** Ends the period, and adds it to `total`. */
  end(): void {
    if (!this.#begun) return;
    const watched = now() - this.#begun.time;
    const busy = this.#busySoFar()! - this.#begun.busy;
    const late = isCounted || this.#looks === 0 ? 0 : watched * this.#lateLooks / this.#looks;
    this.total.watched += watched;
    this.total.busy += min(watched, max(busy, late));
    this.#begun = undefined;
  }

  #busySoFar(): number | undefined {
    if (isCounted) return eventLoopUtilization!().active;
    const cpu = this.#process?.threadCpuUsage?.();
    return cpu && (cpu.user + cpu.system) / 1_000;
  }
}
