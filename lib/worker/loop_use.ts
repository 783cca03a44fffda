/**
 * Measures how much of the time a thread's event loop was busy. Node counts this time. Elsewhere, it is the thread's
 * CPU time or is estimated from late timers, because a loop that waits in a system call uses no CPU.
 */

import { max, min, uncurried } from "../wire/intrinsics.ts";
import type { LoopUse } from "../wire/message.ts";
import { now } from "./realm.ts";

/** A timer that is at least this late shows a busy loop, in milliseconds. */
const LATE = 8;

/** The parts of Node's and Deno's globals that are used here. */
interface Runtime {
  performance: { eventLoopUtilization?(): { idle: number; active: number } };
  process?: { threadCpuUsage?(): { user: number; system: number } };
}

const { performance } = globalThis as unknown as Runtime;
const eventLoopUtilization = performance.eventLoopUtilization?.bind(performance);

/** Whether the runtime counts how busy the loop is. Deno's count is always 0. */
const isCounted = !("Deno" in globalThis) && !("Bun" in globalThis) && eventLoopUtilization !== undefined;

const { getOwnPropertyDescriptor, getOwnPropertyNames } = Object;
// A task may take the name `globalThis` away.
const realm = globalThis;
const property = getOwnPropertyDescriptor(realm, "process");
const loadProcess = property?.get === undefined
  ? () => property?.value
  : uncurried(property.get as () => unknown);

/** The global classes and names of the realm, as the runtime made them. Empty where `process` is not needed. */
const globals = (isCounted ? [] : getOwnPropertyNames(realm)).flatMap(
  (name): [name: string, value: unknown][] => {
    const value = getOwnPropertyDescriptor(realm, name)?.value;
    const isClass = typeof value === "function" && /^[A-Z]/.test(name);
    return isClass || name === "Deno" || name === "globalThis" ? [[name, value]] : [];
  },
);

/**
 * Returns the runtime's `process`, which Deno loads now if nothing has yet; undefined if a task has replaced one of {@link globals}. Deno may
 * need it to load `process`, and the fault would end the worker.
 */
function processNow(): Runtime["process"] {
  for (const [name, value] of globals) {
    if (getOwnPropertyDescriptor(realm, name)?.value !== value) return undefined;
  }
  try {
    return loadProcess(realm) as Runtime["process"];
  } catch {
    return undefined;
  }
}

/** How long tasks run before Deno is made to load `process`, in milliseconds. */
const SHORT = 100;

/**
 * Measures one loop. Where the runtime does not count, a short run is not measured. Reading the thread's clock makes Deno load
 * `process`, which takes as much CPU time as a thread takes to start (18 ms).
 */
export class LoopUseMeter {
  readonly total: LoopUse = { busy: 0, watched: 0 };
  #process: Runtime["process"];
  /** Whether it has asked for the runtime's `process`. */
  #hasLooked = isCounted;
  #runsSince = 0;
  #begun: { time: number; busy: number } | undefined;
  #looks = 0;
  #lateLooks = 0;

  /** Number of timers in one measured period. */
  static readonly looks = isCounted ? 1 : 10;

  /** Begins a period in which tasks run. */
  begin(): void {
    this.#looks = this.#lateLooks = 0;
    this.#runsSince = now();
    if (isCounted || this.#process !== undefined) this.#measure();
  }

  /** Notes that a timer fired `late` milliseconds late. */
  look(late: number): void {
    if (this.#begun === undefined && !this.#hasLooked && now() - this.#runsSince >= SHORT) {
      this.#hasLooked = true;
      this.#process = processNow();
      this.#measure();
      return;
    }
    this.#looks++;
    if (late > LATE) this.#lateLooks++;
  }

  /** Ends the period, and adds it to `total`. */
  end(): void {
    if (this.#begun === undefined) return;
    const watched = now() - this.#begun.time;
    const busy = this.#busySoFar()! - this.#begun.busy;
    const late = isCounted || this.#looks === 0 ? 0 : watched * this.#lateLooks / this.#looks;
    this.total.watched += watched;
    this.total.busy += min(watched, max(busy, late));
    this.#begun = undefined;
  }

  #measure(): void {
    const busy = this.#busySoFar();
    if (busy !== undefined) this.#begun = { time: now(), busy };
    this.#looks = this.#lateLooks = 0;
  }

  #busySoFar(): number | undefined {
    if (isCounted) return eventLoopUtilization!().active;
    const cpu = this.#process?.threadCpuUsage?.();
    return cpu && (cpu.user + cpu.system) / 1_000;
  }
}
