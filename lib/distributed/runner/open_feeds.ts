/** The feeds of an executor over a broker: opens a feed for each call, and hands those with waiting inputs to the producer. */

import { ExecutorClosedError, TaskNotFoundError } from "../../errors.ts";
import type { FeedSink } from "../../executor/tasks/feed.ts";
import { finite } from "../../executor/options/checks.ts";
import { carrierHere } from "../../wire/telemetry.ts";
import { moduleName } from "../broker/module_name.ts";
import { traceSchema } from "../broker/protocol.ts";
import type { RunConnection } from "./run_connection.ts";
import type { Keeping } from "./keeping.ts";
import { termsOf } from "../limits/input_terms.ts";
import { callTerms } from "../options/chunk_options.ts";
import type { ResolvedRun } from "../options/run_options.ts";
import { ChunkFeed } from "../producer/chunk_feed.ts";
import type { FeedSpec } from "../producer/feed_spec.ts";
import type { RunEvents } from "./run_events.ts";
import type { DistributedTaskOptions } from "../options/types.ts";

/** How the inputs of a feed are sent. `read` makes the value of an input's text, for the limits. */
export type FeedForm =
  & Omit<FeedSpec, "task" | "options" | "retry" | "trace" | "keysOf" | "termsOf" | "shares" | "tellsRetries">
  & { read?: (text: string) => unknown };

interface OpenFeedsHost {
  /** Whether no task starts any more. */
  readonly isOver: boolean;
  /** Inputs wait, and there is no producer yet. */
  needsProducer(): void;
  /** Inputs were handed in, or the last one has its outcome. */
  changed(): void;
}

interface OpenFeedsInit {
  run: ResolvedRun;
  keeping: Keeping;
  events: RunEvents;
  connection: RunConnection;
  host: OpenFeedsHost;
}

export class OpenFeeds {
  readonly #init: OpenFeedsInit;
  /** Feeds with inputs that have no outcome. */
  readonly #open = new Set<ChunkFeed>();
  #count = 0;
  /** Number of inputs without an outcome. */
  left = 0;
  /** Number of tasks that have failed here: cancelled tasks, and inputs that cannot be sent. */
  failedHere = 0;

  constructor(init: OpenFeedsInit) {
    this.#init = init;
  }

  open(
    task: string,
    sink: FeedSink,
    { read = JSON.parse, ...form }: FeedForm,
    options: DistributedTaskOptions,
  ): ChunkFeed {
    const { run, keeping, connection, events } = this.#init;
    const { options: sent, retry } = callTerms(options, run.task);
    return new ChunkFeed({
      spec: {
        task,
        ...form,
        options: sent,
        // Values of a stream that were passed on cannot be taken back.
        retry: form.stream ? undefined : retry,
        trace: this.traceHere(),
        keysOf: keeping.results && ((first, count) => keeping.results!.keysOf(first, count)),
        termsOf: this.#termsOf(read),
        shares: connection.shares,
        tellsRetries: events.hearsRetries,
      },
      number: ++this.#count,
      priority: finite("priority", options.priority ?? run.priority),
      sink: this.#tellingFailures(task, sink, form.indexed),
      host: {
        counted: (...counts) => this.#counted(...counts),
        filled: (feed) => this.filled(feed),
        roomGranted: (feed) => void connection.producer?.grantRoom(feed),
        withdraw: async (chunks, options) =>
          await connection.producer?.withdrawals.withdraw(chunks, options) ?? chunks.map(() => true),
      },
    });
  }

  /** Returns the active span in the form in which it is sent; undefined if there is none, or it is too large. */
  traceHere(): FeedSpec["trace"] {
    const carrier = this.#init.run.tracing ? carrierHere() : undefined;
    return carrier && traceSchema.safeParse(carrier).data;
  }

  /** Hands a feed with waiting inputs to the producer. */
  filled(feed: ChunkFeed): void {
    const { run, connection: { producer, failure }, host } = this.#init;
    if (failure) return feed.cancel(failure);
    if (host.isOver) return feed.cancel(new ExecutorClosedError());
    this.#open.add(feed);
    if (!producer) return host.needsProducer();
    const { spec: { task } } = feed;
    const { tasks } = producer.matching;
    if (!tasks || tasks.includes(task)) return producer.supply.filled(feed);
    feed.cancel(new TaskNotFoundError(task, moduleName(run.url), tasks));
  }

  /** Hands all feeds to a producer that has just started. */
  refill(): void {
    for (const feed of this.#open) this.filled(feed);
  }

  /** Starts no more inputs. */
  drain(error: () => unknown): void {
    for (const feed of this.#open) feed.drain(error());
  }

  cancel(error: () => unknown): void {
    for (const feed of this.#open) feed.cancel(error());
  }

  /** What tells the terms of an input, from the value that `read` makes of its text; undefined if all inputs count the same. */
  #termsOf(read: (text: string) => unknown): FeedSpec["termsOf"] {
    const { limits } = this.#init.run;
    if (!limits.limitPer && limits.rates.every(({ weight }) => weight === undefined)) return undefined;
    return (text) => termsOf(read(text), limits);
  }

  #tellingFailures(task: string, sink: FeedSink, isIndexed = false): FeedSink {
    const { events } = this.#init;
    return {
      succeeded: (...results) => sink.succeeded(...results),
      printed: sink.printed,
      retried: (index, facts, error) => {
        events.emit("retry", { task, attempt: facts.attempt, error });
        sink.retried?.(index, facts, error);
      },
      settled: (index, outcome) => {
        if (!outcome.ok && events.hearsFailures) {
          const attempts = outcome.task?.attempt ?? 0;
          const place = isIndexed ? index : undefined;
          events.emit("taskfailed", { task, index: place, error: outcome.value, attempts });
        }
        sink.settled(index, outcome);
      },
    };
  }

  #counted(feed: ChunkFeed, came: number, settled: number, failed: boolean): void {
    if (failed) this.failedHere++;
    if (feed.left === 0) this.#open.delete(feed);
    this.left += came - settled;
    if (this.left === 0 || came > 0) this.#init.host.changed();
  }
}
