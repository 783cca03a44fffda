/** The tasks of a feed: inputs that have left it for a worker or the queue. Passes each outcome to the feed's sink. */

import type { Values } from "../../wire/lines.ts";
import type { Printed } from "../../wire/message.ts";
import type { Numbers } from "../../wire/series_numbers.ts";
import type { FeedHost, FeedSpec } from "./feed_host.ts";
import { Bodies } from "./bodies.ts";
import type { TaskTarget } from "./target_table.ts";
import type { EarlyOutputs, Task, TaskWaiter } from "./task.ts";

export interface FeedSink {
  /** Takes the results of the inputs from `index` on. `micros` is how long each body ran. */
  succeeded(index: number, micros: Numbers, values: Values, workerId: number): void;
  /** Takes the outcome of one input. Without a task, the input never started. */
  settled(index: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }): void;
  /** Called when an attempt of an input has failed with `error`, and another will follow. */
  retried?(index: number, task: TaskFacts, error: unknown): void;
  /** Takes outputs of an input whose outcome follows. If the attempt fails and is tried again, they are void. */
  yielded?(index: number, outputs: EarlyOutputs): void;
  /**
   * Takes what the body of `count` inputs from `index` on has printed (default: one input). The body may have outlived its task.
   * Returns false if it does not take it.
   */
  printed?(index: number, piece: PrintedPiece, count?: number): boolean;
}

/** A piece of what a body has printed, and its worker. */
export type PrintedPiece = Printed & { workerId: number };

export type TaskFacts =
  & Pick<Task, "attempt" | "micros" | "workerId">
  & Partial<Pick<Task, "counts" | "began" | "added">>;

export class FeedTasks {
  readonly #host: FeedHost;
  readonly #spec: FeedSpec;
  readonly #sink: FeedSink;
  readonly #tasks = new Set<Task>();
  readonly #bodies = new Bodies();

  constructor(host: FeedHost, spec: FeedSpec, sink: FeedSink) {
    this.#host = host;
    this.#spec = spec;
    this.#sink = sink;
  }

  get target(): TaskTarget {
    return this.#spec.targetNow?.() ?? this.#spec.target;
  }

  /** Position of the feed's first input among those of a map, as bodies see it; undefined if they see none. */
  get firstInput(): number | undefined {
    return this.#spec.firstInput;
  }

  /** Passes on the results of the inputs from `index` on. `micros` is how long each body ran. */
  succeeded(index: number, micros: Numbers, values: Values, workerId: number): void {
    this.#host.succeeded(micros, values.length);
    this.#sink.succeeded(index, micros, values, workerId);
  }

  /** Fails an input that was never a task. */
  fail(index: number, error: unknown): void {
    this.#sink.settled(index, { ok: false, value: error });
  }

  submit(index: number, input: unknown): void {
    try {
      const task = this.#host.submit(this.#spec, index, input, this.#waiter(index));
      if (task.state !== "settled") this.#tasks.add(task);
    } catch (error) {
      // The input's own `transfer` function threw.
      this.fail(index, error);
    }
  }

  make(index: number, input: { id: number; input: unknown; submitted: number }): Task {
    const task = this.#host.makeTask(this.#spec, { ...input, waiter: this.#waiter(index) });
    this.#tasks.add(task);
    return task;
  }

  /** Cancels the tasks that wait. */
  drain(reason: unknown): void {
    for (const task of [...this.#tasks]) if (task.state === "pending") task.cancel(reason);
  }

  cancel(reason: unknown): void {
    for (const task of [...this.#tasks]) task.cancel(reason);
  }

  /** Resolves when no body runs any more. */
  async gone(): Promise<void> {
    await this.#bodies.gone();
  }

  #waiter(index: number): TaskWaiter {
    const settled = (ok: boolean, value: unknown, task: Task) => {
      this.#tasks.delete(task);
      this.#sink.settled(index, { ok, value, task });
    };
    const { firstInput } = this.#spec;
    const sink = this.#sink;
    return {
      index,
      inputIndex: firstInput === undefined ? undefined : firstInput + index,
      bodies: this.#bodies,
      resolve: (value, task) => settled(true, value, task),
      reject: (error, task) => settled(false, error, task),
      retried: (error, task) => this.#sink.retried?.(index, task, error),
      yielded: (outputs) => this.#sink.yielded?.(index, outputs),
      printed: sink.printed && ((piece) => sink.printed!(index, piece)),
    };
  }
}
