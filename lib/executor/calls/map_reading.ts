/**
 * What a map and a flat map share: the inputs and the feed that takes them, the calls that wait for results, and how it begins and ends.
 */

import { ExecutorClosedError } from "../../errors.ts";
import type { InputFeed } from "../tasks/feed.ts";
import type { FeedSink } from "../tasks/feed_tasks.ts";
import { MapSource, type MapSourceInit } from "./map_source.ts";
import { ReadCalls } from "./read_calls.ts";
import type { OpenReader, Readers } from "./readers.ts";

export interface MapReadingInit extends MapSourceInit {
  signal: AbortSignal | undefined;
  drain: AbortSignal | undefined;
  /** Whether the executor takes no more tasks. A map that is first read then is refused. */
  isClosed: () => boolean;
  openFeed: (sink: FeedSink) => InputFeed;
  /** The executor's maps and streams that are being read. */
  open: Readers;
}

export interface MapReadingHost {
  sink: FeedSink;
  /** Gives the calls that wait the results that are ready, and then calls {@link MapReading.goOn}. */
  deliver(): void;
  /** Number of bodies that go on, and that have outputs which were not read. */
  unreadBodies(): number;
  /** Number of bodies that hold a slot until results are read. */
  waitingBodies(): number;
}

export class MapReading {
  readonly calls: ReadCalls = new ReadCalls();
  readonly source: MapSource;
  /** Whether no more results are read. */
  hasEnded = false;
  readonly #init: MapReadingInit;
  readonly #host: MapReadingHost;
  readonly #feed: InputFeed;
  /** As the executor sees it while it is being read. */
  readonly #reader: OpenReader = {
    isAwaited: () => this.calls.size > 0,
    isLoop: () => this.calls.areOfLoop,
    asked: () => this.calls.asked,
    isComplete: () => this.source.isExhausted && this.#host.unreadBodies() === 0,
    slotsHeld: () => this.calls.size > 0 ? 0 : this.#host.waitingBodies(),
    widened: () => this.source.widened(),
    dry: (error) => this.source.dry(error),
    end: (error) => {
      this.source.dry(error);
      // Bodies that wait for the reader would wait for ever.
      if (this.#host.unreadBodies() > 0) this.#feed.cancel(error);
    },
  };

  /** Nothing is pulled before the first result is asked for. */
  constructor(init: MapReadingInit, host: MapReadingHost) {
    this.#init = init;
    this.#host = host;
    this.#feed = init.openFeed(host.sink);
    this.source = new MapSource(init, this.#feed, () => host.deliver());
  }

  next<T>(): Promise<IteratorResult<T>> {
    const next = this.calls.add<T>();
    this.#open();
    this.#host.deliver();
    return next;
  }

  /** Whether an error is that of an input that did not start because of `drain`. */
  isDrained(error: unknown): boolean {
    const { drain } = this.#init;
    return drain?.aborted === true && error === drain.reason;
  }

  /** Pulls further inputs, or ends. Called when all results that are ready were given to calls. */
  goOn(): void {
    if (this.hasEnded) return this.calls.end();
    if (this.source.isRead) return this.#end();
    this.source.pull();
  }

  /** Ends it with an error. The first waiting call gets it, and the others get the end. */
  fail(error: unknown): void {
    this.calls.fail(error);
    this.#stop(error);
    this.calls.end();
  }

  /** Ends it because `what` is not read any more. Resolves when no body runs any more. */
  async stop(what: string): Promise<void> {
    const stopped = this.#stop(new DOMException(`The ${what} are not read any more`, "AbortError"));
    this.calls.end();
    await stopped;
  }

  #open(): void {
    const { source } = this;
    if (source.isOpen) return;
    const { signal, drain, isClosed, open } = this.#init;
    if (isClosed()) return source.fail(new ExecutorClosedError());
    source.open();
    if (source.isExhausted) return;
    if (signal?.aborted) return this.#aborted();
    signal?.addEventListener("abort", this.#aborted, { once: true });
    if (drain?.aborted) return this.#drain();
    drain?.addEventListener("abort", this.#drain, { once: true });
    open.add(this.#reader);
    source.pull();
  }

  #end(): void {
    const { failure, overrun } = this.source;
    if (failure) {
      // Kept for the next call of `next()`.
      if (this.calls.size > 0) this.fail(failure.error);
      return;
    }
    this.#finish();
    if (overrun > 0) this.#feed.cancel(new DOMException("Beyond maxInputs", "AbortError"));
    this.calls.end();
  }

  readonly #aborted = (): void => {
    const { reason } = this.#init.signal!;
    this.source.failure = { error: reason };
    this.source.close();
    this.#feed.cancel(reason);
    this.#host.deliver();
  };

  readonly #drain = (): void => {
    this.source.close();
    this.#feed.drain(this.#init.drain!.reason);
    this.#host.deliver();
  };

  async #stop(reason: unknown): Promise<void> {
    if (!this.hasEnded) {
      this.#finish();
      this.source.close();
    }
    await this.#feed.stop(reason);
  }

  #finish(): void {
    this.hasEnded = true;
    this.source.finish();
    this.#init.open.delete(this.#reader);
    this.#init.signal?.removeEventListener("abort", this.#aborted);
    this.#init.drain?.removeEventListener("abort", this.#drain);
  }
}
