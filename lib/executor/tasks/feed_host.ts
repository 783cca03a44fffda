/** The inputs of a feed and the executor: what the inputs share, and the interface by which a feed makes tasks of them. */

import type { SpanAttributes, TraceContext } from "../../wire/telemetry.ts";
import type { Numbers } from "../../wire/series_numbers.ts";
import type { OuterStart } from "../options/feed_options.ts";
import type { OptionsOfInput } from "../options/input_options.ts";
import type { ResolvedTaskOptions } from "../options/task_options.ts";
import type { TaskTarget } from "./target_table.ts";
import type { Task, TaskObserver, TaskWaiter } from "./task.ts";

/** The facts that all inputs of one feed share: the inputs of a map, or of a series of `run()` calls. */
export interface FeedSpec {
  target: TaskTarget;
  /** Returns the target of the inputs that leave now, if it may change: it then differs in how results are written. */
  targetNow?: () => TaskTarget;
  /** The options of its tasks. */
  shared: ResolvedTaskOptions;
  /** Returns the options of one input, if inputs have options of their own. */
  each?: OptionsOfInput;
  /** Whether each input is a task from the start, because it has a limit or options of its own. */
  single: boolean;
  /** Makes what decides from outside when an input starts; undefined if this executor decides it. */
  startOf?: (index: number) => OuterStart;
  /** Number of the first attempt of its inputs. */
  attempt?: number;
  /** Whether its inputs keep their place before tasks that came later. */
  keepsPlace: boolean;
  /** When this aborts, no input starts any more. */
  drain?: AbortSignal;
  /** The index of its first input as bodies see it; undefined if bodies see none. */
  firstInput?: number;
  spanOf: (index: number) => SpanAttributes;
  /** The trace context of the call, if OpenTelemetry is on. */
  context?: TraceContext;
}

export interface FeedHost extends TaskObserver {
  nextId(): number;
  /** Reserves `count` consecutive numbers of tasks. Returns the first one. */
  reserveIds(count: number): number;
  /** The time of this turn of the event loop, in milliseconds of `performance.now()`. */
  now(): number;
  /** Inputs were removed from a feed before they started. */
  removed(): void;
  /** `count` inputs of a feed have succeeded. `micros` is the run time of each, in microseconds. */
  succeeded(micros: Numbers, count: number): void;
  /** Makes a task of one input and adds it to the queue. */
  submit(spec: FeedSpec, index: number, input: unknown, waiter: TaskWaiter): Task;
  makeTask(spec: FeedSpec, init: { id: number; input: unknown; submitted: number; waiter: TaskWaiter }): Task;
}
