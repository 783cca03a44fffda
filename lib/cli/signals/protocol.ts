/**
 * The messages between the main thread and the thread that observes signals.
 *
 * @module
 */

import type { Presses } from "./presses.ts";

/** Signals that stop a run step by step. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** All of them. */
export const STOP_SIGNALS: StopSignal[] = ["SIGINT", "SIGTERM"];

/** What is said where the main thread cannot speak. */
export interface Words {
  /** Why the main thread may be blocked, if tasks run there. */
  busy: string | undefined;
  /** How the run may be gone on with. */
  resume: string | undefined;
  /** Whether stderr carries JSON objects alone. */
  json: boolean;
}

/** What the observer starts with. */
export interface ObserverInit {
  /** What the main thread has counted before. */
  presses: Record<StopSignal, Presses>;
  /** The first signal, if one has come. */
  first: StopSignal | undefined;
  /** What gives a terminal back, or nothing. */
  restore: string;
  words: Words;
  /** What the main thread has done: two 32-bit integers, see {@link Done}. */
  done: SharedArrayBuffer;
}

/** Where the integers stand that tell what the main thread has done. */
export const Done = {
  /** How many signals it has taken from the observer. */
  signals: 0,
  /** The highest step that it has begun. */
  step: 1,
} as const;

/** A signal that has come, in milliseconds since 1970. */
export interface Received {
  name: StopSignal;
  at: number;
}

/** What the observer sends: that it listens, or a signal. */
export type Told = "ready" | Received;
