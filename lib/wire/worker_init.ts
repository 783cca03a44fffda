/** What a worker is told at its start. */

import type { Packed } from "./packed.ts";

/** The first message to a worker, sent once. */
export interface WorkerInit {
  workerId: number;
  /** Its position in the pool, from 0. */
  position: number;
  /** The URL of the task module; null if only inline functions run. */
  module: string | null;
  workerData: unknown;
  /** The stand-ins for parts of `workerData` that are sent in another form. */
  stands?: Packed["stands"];
  /** The prefix of the keys of tasks, for inputs without a key of their own. */
  keySeed: string;
  /** Maximum number of tasks in flight, until a record `ToWorker.concurrency` changes it. */
  concurrency: number;
  /** Number of workers per core: most of them wait for one if there are several. */
  perCore: number;
  /** Interval of reports about the loop's lag, in milliseconds. */
  lagInterval: number;
  /** Whether to send a record `ToCaller.started` before each body begins. */
  announces: boolean;
  /** Memory that the worker shares with its caller, if the platform can share memory. */
  memory?: SharedArrayBuffer;
  /** The Web Lock that the worker holds while it lives; undefined if the platform reports the worker's end in another way. */
  lock?: string;
  /**
   * Where the output of `console.log` and `process.stdout` goes. With "event", the caller gets the text. With "task", it gets the
   * text and the task that printed it. With "asked", it gets that of tasks whose encoding asks for it, and the rest goes to stderr.
   */
  console: "inherit" | "stderr" | "event" | "task" | "asked";
  /** Whether the module's `setup` and `teardown` run. */
  hooks: boolean;
  /** The name of the export with the schema that checks inputs, if any. */
  schema?: string;
  /** The modules of the executors in which the worker is nested. Its own module is the last. */
  nest?: string[];
}
