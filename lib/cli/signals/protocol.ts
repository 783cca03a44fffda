/** The messages between the main thread and the thread that observes signals. */

import type { Presses } from "./presses.ts";

export type StopSignal = "SIGINT" | "SIGTERM";

export const STOP_SIGNALS: StopSignal[] = ["SIGINT", "SIGTERM"];

export interface Words {
  /** Why the main thread may be blocked; undefined if tasks do not run there. */
  busy: string | undefined;
  /** The command that goes on with the run; undefined without a journal. */
  resume: string | undefined;
  /** Whether stderr carries only JSON objects. */
  json: boolean;
}

export interface ObserverInit {
  presses: Presses;
  first: StopSignal | undefined;
  restore: string;
  words: Words;
  /** What the main thread has done, as two 32-bit integers: see {@link Done}. */
  done: SharedArrayBuffer;
}

/** The positions of the integers by which the main thread tells what it has done. */
export const Done = {
  /** Number of signals that it has taken from the observer. */
  signals: 0,
  /** The highest step that it has begun, from 1 to 3. */
  step: 1,
} as const;

/** A received signal, and its time in milliseconds since 1970. */
export interface Received {
  name: StopSignal;
  at: number;
}

export type Told = "ready" | Received;
