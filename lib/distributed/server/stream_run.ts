/**
 * Runs the single input of a job whose values are read as they come. Values are sent in their order, those of the same moment
 * together. The generator yields no more of them than its reader has room for.
 */

import { ModuleLoadError } from "../../errors.ts";
import type { Task } from "../../executor/tasks/task.ts";
import { isThrown } from "../../executor/tasks/thrown.ts";
import { inTrace } from "../../wire/telemetry.ts";
import { encodeValue } from "../broker/encoding.ts";
import { MOST_INPUTS, type Results } from "../broker/protocol.ts";
import { errorOf } from "./error_json.ts";
import { hasNoOutcome, inTermsOf, type JobRunInit, spanOf, STOPPED } from "./job_run.ts";

/** How long a failed send waits until it is tried again, in milliseconds. A guess: so a broker that takes no writes is back soon. */
const PAUSE = 500;

interface StreamRunInit extends JobRunInit {
  /** Sends values, the first of which has the number `first`. Resolves with false if the job is not this worker's any more. */
  sendValues(first: number, values: string[]): Promise<boolean>;
}

export class StreamRun {
  /** Resolves when the task has ended and all its values were sent, with its outcome. */
  readonly ended: Promise<Results>;
  readonly #init: StreamRunInit;
  readonly #task: Task;
  readonly #end = Promise.withResolvers<Task>();
  /** Values that were not sent yet. */
  #values: string[] = [];
  #sent = 0;
  /** Number of values for which the reader has room, since the stream began. */
  #room: number;
  #sending: Promise<void> | undefined;
  #isStopped = false;
  #outcome: { ok: boolean; value: unknown } | undefined;

  constructor(init: StreamRunInit) {
    const { executor, chunk: { task, options, input, stream = 0, attempt = 1, trace, reports }, inputs } =
      init;
    this.#init = init;
    this.#room = stream;
    const encoding = { input, output: "value", keyed: "sent" } as const;
    const onProgress = reports ? (value: unknown) => this.#reported(value) : undefined;
    const end = (ok: boolean) => (value: unknown, task: Task) => {
      this.#outcome = { ok, value };
      this.#end.resolve(task);
    };
    const start = () =>
      executor.submitStream(task, inputs.at(0), {
        ...options,
        queueTimeout: init.queueTimeout,
        encoding,
        onProgress,
      }, {
        stream: { credit: stream, onYield: (value) => this.#yielded(value) },
        waiter: { resolve: end(true), reject: end(false) },
        start: init.startOf?.(0),
        attempt,
        spanOf: () => spanOf(init.chunk, 0),
      });
    this.#task = trace ? inTrace(trace, start) : start();
    this.ended = this.#run();
  }

  /** Does not start the task, if it has not started. */
  drain(): void {
    if (this.#task.state === "pending") this.abort();
  }

  /** Aborts the task. It has no outcome then. */
  abort(): void {
    this.#isStopped = true;
    this.#task.cancel(STOPPED);
  }

  /** Lets the task yield values until it has yielded `room` in all. */
  grant(room: number): void {
    const more = room - this.#room;
    if (more <= 0) return;
    this.#room = room;
    this.#task.particulars.stream?.grant?.(more);
  }

  #yielded(value: unknown): boolean {
    if (this.#isStopped) return true;
    if (this.#sent + this.#values.length >= this.#room) return false;
    const encoded = encodeValue("result", value);
    if ("error" in encoded) this.#task.cancel(encoded.error);
    else this.#values.push(encoded.text);
    this.#sending ??= this.#send();
    return true;
  }

  async #send(): Promise<void> {
    // At the end of the turn, so that values of the same message leave together.
    await Promise.resolve();
    while (this.#values.length > 0 && !this.#isStopped) {
      const values = this.#values.slice(0, MOST_INPUTS);
      try {
        const isOurs = await this.#init.sendValues(this.#sent, values);
        if (!isOurs) return this.abort();
        this.#sent += values.length;
        this.#values = this.#values.slice(values.length);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    this.#sending = undefined;
  }

  #reported(value: unknown): void {
    const { onPart, server } = this.#init;
    const encoded = encodeValue("progress", value);
    if ("error" in encoded) return this.#task.cancel(encoded.error);
    void onPart({ v: 1, server, done: [], failed: [], progress: [encoded.text] }).catch(() => {});
  }

  async #run(): Promise<Results> {
    const task = await this.#end.promise;
    await this.#sending;
    const { server, onPart } = this.#init;
    const outcome = this.#outcomeOf(task);
    // As a part, because the job may not be able to end, and its values cannot be taken back.
    while (outcome && !this.#isStopped) {
      try {
        await onPart(outcome);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    return { v: 1, server, done: [], failed: [] };
  }

  /** The outcome, as results; undefined if there is none. */
  #outcomeOf({ workerId, attempt, micros, counts }: Task): Results | undefined {
    const { server, chunk, onBroken } = this.#init;
    const { ok, value: error } = this.#outcome!;
    if (!ok && error instanceof ModuleLoadError && micros === 0 && !isThrown(error)) {
      onBroken(error);
      return undefined;
    }
    if (!ok && hasNoOutcome(error)) return undefined;
    return {
      v: 1,
      server,
      done: ok ? [[0, 1, attempt, micros, "null\n", workerId]] : [],
      failed: ok ? [] : [[0, attempt, micros, errorOf(inTermsOf(chunk, error)), workerId]],
      yielded: this.#sent,
      ...(counts && { counts: [[0, counts]], spent: counts }),
    };
  }
}
