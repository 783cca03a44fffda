/**
 * Runs the tasks of an `Executor` on the workers of this program. It finds the function and the options of each call, and hands
 * the call to the parts in `core.ts`.
 */

import type { StartWorker } from "../backends/default.ts";
import { boundToCall } from "./calls/call_context.ts";
import type { Feed, FeedSink } from "./tasks/feed.ts";
import { indexOnly } from "./intake.ts";
import { STREAM_WINDOW, TaskStream } from "./calls/stream.ts";
import type { TaskReference } from "./tasks/target_table.ts";
import type { Task, TaskWaiter } from "./tasks/task.ts";
import { Core } from "./core.ts";
import type { Events } from "./events.ts";
import { checkNames } from "./options/checks.ts";
import type { FeedOptions } from "./options/feed_options.ts";
import { optionsOfInputs } from "./options/input_options.ts";
import { FLAT_MAP_OPTIONS, MAP_OPTIONS, resolveWindow } from "./options/map_options.ts";
import type { ResolvedOptions } from "./options/resolve.ts";
import {
  BROADCAST_OPTIONS,
  REQUEST_OPTIONS,
  resolveTaskOptions,
  type TaskOptions,
} from "./options/task_options.ts";
import type { ExecutorStats } from "./stats.ts";
import type { SpanAttributes } from "../wire/telemetry.ts";
import type { Call, MapWay, TaskRunner, Waiter } from "./task_runner.ts";

/** The names of the options of each call, and what a message calls them. */
const OPTIONS = {
  map: { names: MAP_OPTIONS, subject: "option of map()" },
  flatMap: { names: FLAT_MAP_OPTIONS, subject: "option of flatMap()" },
  request: { names: REQUEST_OPTIONS, subject: "task option" },
};

/** The parts of a stream that a worker over a broker passes on. */
export interface StreamParts extends Pick<Parameters<Task["set"]>[0], "start" | "attempt"> {
  stream: { credit: number; onYield: (value: unknown) => boolean };
  waiter: TaskWaiter;
  spanOf: () => SpanAttributes;
}

export class LocalRunner implements TaskRunner {
  readonly core: Core;

  constructor(module: URL | string | StartWorker | null, options: ResolvedOptions, events: Events) {
    this.core = new Core(module, options, events);
  }

  get readers(): Core["readers"] {
    return this.core.readers;
  }

  get idle(): Core["idle"] {
    return this.core.idle;
  }

  get ending(): Core["ending"] {
    return this.core.ending;
  }

  get concurrency(): number {
    return this.core.concurrency;
  }

  stats(): ExecutorStats {
    return this.core.stats();
  }

  check(call: Call, options: unknown): void {
    const { names, subject } = OPTIONS[call];
    checkNames(options, names, { subject });
  }

  run(task: TaskReference, input: unknown, options: TaskOptions | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const series = options === undefined ? this.#seriesOf(task) : undefined;
      if (series) series.add(input, resolve, reject);
      else this.submit(task, input, options, { resolve, reject });
    });
  }

  submit(
    task: TaskReference,
    input: unknown,
    options: TaskOptions | undefined,
    waiter: Waiter,
  ): Task {
    const { intake, targets } = this.core;
    const resolved = this.#resolved(options);
    return intake.take({ target: targets.find(task, resolved.encoding), input, options: resolved, waiter });
  }

  stream(task: TaskReference, input: unknown, options: TaskOptions | undefined): TaskStream<unknown> {
    const open = this.#yielding(task, options);
    return new TaskStream({
      open: this.core.readers,
      submit: (onYield, waiter) => {
        const submitted = open(input, waiter, { stream: { credit: STREAM_WINDOW, onYield } });
        return {
          get state() {
            return submitted.state;
          },
          cancel: (reason) => submitted.cancel(reason),
          grant: (credit) => submitted.particulars.stream?.grant?.(credit),
        };
      },
    });
  }

  /** Hands in a task whose values `stream.onYield` takes one by one, for a worker over a broker. */
  submitStream(
    task: TaskReference,
    input: unknown,
    options: TaskOptions,
    { waiter, spanOf, ...particulars }: StreamParts,
  ): Task {
    return this.#yielding(task, options)(input, waiter, particulars, spanOf);
  }

  /** Checks the options of a stream. Returns what makes its task. */
  #yielding(task: TaskReference, options: TaskOptions | undefined) {
    const { intake, targets } = this.core;
    const resolved = this.#resolved(options);
    const target = targets.find(task, resolved.encoding);
    return (
      input: unknown,
      waiter: TaskWaiter,
      particulars: Pick<StreamParts, "stream" | "start" | "attempt">,
      spanOf?: StreamParts["spanOf"],
    ) => intake.take({ target, input, options: resolved, waiter, particulars, spanOf });
  }

  /** Runs a task once on every worker. */
  async broadcast(task: TaskReference, input: unknown, options: TaskOptions | undefined): Promise<unknown[]> {
    if (options !== undefined) checkNames(options, BROADCAST_OPTIONS, { subject: "option of broadcast()" });
    const { intake, targets, options: { maxWorkers } } = this.core;
    const resolved = this.#resolved(options);
    const target = targets.find(task, resolved.encoding);
    const once = (position: number) =>
      new Promise((resolve, reject) => {
        intake.take({
          target,
          input,
          options: resolved,
          waiter: { resolve, reject },
          particulars: { position },
        });
      });
    return await Promise.all(Array.from({ length: maxWorkers }, (_, position) => once(position)));
  }

  mapWay(
    task: TaskReference,
    options: FeedOptions,
    { window, drain, each }: Parameters<TaskRunner["mapWay"]>[2],
  ): MapWay {
    const { pool, options: own } = this.core;
    const more = { drain, firstInput: 0, adds: true, each: each ? this.#eachOutput(options) : undefined };
    return {
      window: resolveWindow(window, own, pool),
      slots: () => pool.slots,
      openFeed: (sink) => this.feed(task, sink, { ...more, ...options }),
    };
  }

  feed(task: TaskReference, sink: FeedSink, options: FeedOptions): Feed {
    const {
      drain,
      firstInput,
      transfer,
      inputSignal,
      timeout,
      spanOf = indexOnly,
      rowsNow,
      each: eachOutput,
      inputRows,
      startOf,
      timed = startOf !== undefined,
      adds,
      attempt = 1,
      prints,
      ...others
    } = options;
    // Resolved once for all inputs.
    const taskOptions = typeof timeout === "function" ? others : { ...others, timeout };
    const { intake, targets } = this.core;
    const shared = this.#resolved(taskOptions);
    const each = optionsOfInputs({ transfer, inputSignal, timeout }, shared);
    const encoding = eachOutput || timed || adds || prints || inputRows
      ? { ...shared.encoding, inputRows, each: eachOutput, timed, adds, prints }
      : shared.encoding;
    const target = targets.find(task, encoding);
    const single = each !== undefined || shared.onProgress !== undefined || startOf !== undefined ||
      attempt > 1 || intake.isSingle(shared);
    const targetNow = rowsNow && (() => {
      const rows = rowsNow();
      return rows ? targets.find(task, { ...encoding, rows }) : target;
    });
    return intake.openFeed(
      {
        target,
        targetNow,
        shared,
        each,
        single,
        startOf,
        attempt,
        keepsPlace: false,
        drain,
        firstInput,
        spanOf,
      },
      sink,
    );
  }

  /** How the outputs of `flatMap()` are sent: as they come, or with the outcome if the task may be tried again. */
  #eachOutput(options: FeedOptions): { held: number } {
    const { encoding, retry } = resolveTaskOptions(
      { encoding: options.encoding, retry: options.retry },
      this.core.options.task,
    );
    if (encoding?.batch || encoding && encoding.output !== "value") {
      throw new TypeError("flatMap() takes no encoding.output and no encoding.batch: its outputs are values");
    }
    const isLast = retry.attempts === 1 && retry.losses === 0;
    return { held: isLast ? 0 : Infinity };
  }

  /** The series that a call of `run()` without options joins. */
  #seriesOf(task: TaskReference) {
    const { intake, targets, options } = this.core;
    return intake.seriesOf(targets.find(task, options.task.encoding));
  }

  /** The options of a call with the executor's defaults, and its functions bound to the context of the call. */
  #resolved(options: TaskOptions | undefined) {
    return boundToCall(resolveTaskOptions(options, this.core.options.task));
  }
}
