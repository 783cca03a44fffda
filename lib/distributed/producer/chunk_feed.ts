/**
 * The inputs of one map or of calls of `run()` that are alike, until each is settled: the counterpart of the executor's
 * own feed, where chunks go to Redis and not to a worker.
 *
 * @module
 */

import { Fifo } from "../../executor/calls/fifo.ts";
import type { FeedSink, InputFeed, TaskFacts } from "../../executor/calls/feed.ts";
import type { Values } from "../../wire/lines.ts";
import { Lines } from "../../wire/lines.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import { encodeInput, type Texts } from "../broker/encoding.ts";
import type { OpenChunk } from "./open_chunk.ts";
import { CHUNK_BYTES, type ChunkData, MOST_BYTES } from "../broker/protocol.ts";

/** A chunk of its inputs. */
export type Chunk = OpenChunk<ChunkFeed>;

/** What all its inputs have in common. */
export interface FeedSpec extends Pick<ChunkData, "task" | "input" | "output" | "options" | "trace"> {
  /** The keys of inputs; without it they are numbered. */
  keysOf?: (first: number, count: number) => string[];
  /** Whether they are a map's inputs, whose bodies know where they stand. */
  indexed?: boolean;
  /** What the span of an input says of it. */
  spanOf?: (index: number) => SpanAttributes;
}

/** What it needs of its producer. */
export interface ChunkFeedHost {
  /** So many inputs came, and so many have an outcome; either may be none. */
  counted(came: number, settled: number): void;
  /** There are inputs. */
  filled(feed: ChunkFeed): void;
  /** Nobody waits for the inputs of these any more; resolves for each whether it had not been started. */
  withdraw(chunks: Chunk[], { force }: { force: boolean }): Promise<boolean[]>;
}

/** Inputs that came one by one are kept together up to so many: what has gone out of them is let go only with the rest. */
const MOST_JOINED = 4_096;

/** Some inputs, and where the first of them stands. */
interface Taken {
  first: number;
  texts: Texts;
}

/** Inputs that wait: from `from` on. */
interface Block extends Taken {
  from: number;
}

/** Inputs of one task. */
export class ChunkFeed implements InputFeed {
  readonly spec: FeedSpec;
  readonly number: number;
  readonly chunks = new Set<Chunk>();
  readonly #host: ChunkFeedHost;
  readonly #sink: FeedSink;
  #blocks = new Fifo<Block>();
  #count = 0;
  /** Why nothing more is started. */
  #drained: { reason: unknown } | undefined;
  /** Inputs that wait. */
  size = 0;

  constructor({ spec, number, host, sink }: {
    spec: FeedSpec;
    number: number;
    host: ChunkFeedHost;
    sink: FeedSink;
  }) {
    this.spec = spec;
    this.number = number;
    this.#host = host;
    this.#sink = sink;
  }

  /** Whether nothing more is started. */
  get isDrained(): boolean {
    return this.#drained !== undefined;
  }

  /** Takes inputs in: lines, or values of any kind. */
  push(values: Values): void {
    const first = this.#count;
    this.#count += values.length;
    this.#host.counted(values.length, 0);
    if (values instanceof Lines) return this.#wait({ first, texts: values });
    let texts: string[] = [];
    let start = first;
    for (const [at, value] of values.entries()) {
      const encoded = encodeInput(value);
      if ("text" in encoded) {
        texts.push(encoded.text);
        continue;
      }
      if (texts.length > 0) this.#wait({ first: start, texts });
      [texts, start] = [[], first + at + 1];
      this.#tell(first + at, { ok: false, value: encoded.error });
    }
    if (texts.length > 0) this.#wait({ first: start, texts });
  }

  /** All that were pushed just now are there. */
  arrived(): void {
    if (this.size > 0) this.#host.filled(this);
  }

  /** Hands out the next, no more than `most` and what fits into a chunk. */
  take(most: number): Taken | undefined {
    for (;;) {
      const block = this.#blocks.peek();
      if (!block) return undefined;
      const { texts, from } = block;
      const first = block.first + from;
      const { fit, tooLarge } = fitting(texts, from, Math.min(most, texts.length - from));
      const count = tooLarge ? 1 : fit;
      block.from += count;
      if (block.from === texts.length) this.#blocks.shift();
      this.size -= count;
      if (!tooLarge) return { first, texts: texts.slice(from, from + count) };
      const message = `The input has more than ${
        MOST_BYTES / 1024 / 1024
      } MB, which is too much for a broker`;
      this.#tell(first, { ok: false, value: new RangeError(message) });
    }
  }

  /** They wait again, before all others. */
  putBack({ first, texts }: Taken): void {
    if (this.#drained) return this.#fail(first, texts.length, this.#drained.reason);
    this.#blocks.unshift({ first, texts, from: 0 });
    this.size += texts.length;
    this.#host.filled(this);
  }

  /** Those from `at` on of a chunk have these results. */
  succeeded(chunk: Chunk, at: number, { micros, values, workerId }: {
    micros: number | number[];
    values: Values;
    workerId: number;
  }): void {
    chunk.settle(at, values.length);
    this.#sink.succeeded(chunk.first + at, micros, values, workerId);
    this.#host.counted(0, values.length);
  }

  /** What became of one of a chunk. */
  settled(chunk: Chunk, at: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }): void {
    chunk.settle(at);
    this.#tell(chunk.first + at, outcome);
  }

  /** Nothing more is started; what is under way still yields its results. */
  drain(reason: unknown): void {
    this.#drained ??= { reason };
    this.#failWaiting(reason);
    this.takeBack();
  }

  /** Takes back what no worker has begun of a feed that is drained; once more, where the broker refused that before. */
  takeBack(): void {
    if (!this.#drained || this.chunks.size === 0) return;
    const { reason } = this.#drained;
    const chunks = [...this.chunks];
    this.#host.withdraw(chunks, { force: false }).then((withdrawn) => {
      for (const [at, chunk] of chunks.entries()) if (withdrawn[at]) this.#failOpen(chunk, reason);
    });
  }

  /** Nobody waits for anything any more. */
  cancel(reason: unknown): void {
    this.#drained ??= { reason };
    this.#failWaiting(reason);
    const chunks = [...this.chunks];
    void this.#host.withdraw(chunks, { force: true });
    for (const chunk of chunks) this.#failOpen(chunk, reason);
  }

  /** The same; on other machines bodies may go on for a little while. */
  stop(reason: unknown): Promise<void> {
    this.cancel(reason);
    return Promise.resolve();
  }

  #wait({ first, texts }: Taken): void {
    if (this.#drained) return this.#fail(first, texts.length, this.#drained.reason);
    this.size += texts.length;
    const last = this.#blocks.peekLast();
    const joins = last && Array.isArray(last.texts) && Array.isArray(texts) &&
      last.first + last.texts.length === first && last.texts.length < MOST_JOINED;
    // Calls that come one by one go out together.
    if (joins) { for (const text of texts) (last.texts as string[]).push(text); }
    else this.#blocks.push({ first, texts, from: 0 });
  }

  #failWaiting(reason: unknown): void {
    const blocks = this.#blocks;
    this.#blocks = new Fifo();
    this.size = 0;
    for (let block = blocks.shift(); block; block = blocks.shift()) {
      this.#fail(block.first + block.from, block.texts.length - block.from, reason);
    }
  }

  #failOpen(chunk: Chunk, reason: unknown): void {
    for (let at = 0; at < chunk.size; at++) {
      if (chunk.isOpen(at)) this.settled(chunk, at, { ok: false, value: reason });
    }
  }

  #fail(first: number, count: number, reason: unknown): void {
    for (let index = first; index < first + count; index++) {
      this.#tell(index, { ok: false, value: reason });
    }
  }

  #tell(index: number, outcome: { ok: boolean; value: unknown; task?: TaskFacts }): void {
    this.#sink.settled(index, outcome);
    this.#host.counted(0, 1);
  }
}

/** How many of the first texts fit into a chunk: one at least, unless it is too large for any. */
function fitting(texts: Texts, from: number, most: number): { fit: number; tooLarge: boolean } {
  let bytes = 0;
  for (let at = 0; at < most; at++) {
    const length = texts instanceof Lines ? texts.bytesAt(from + at).length : texts[from + at].length;
    bytes += length;
    if (at === 0 && length > MOST_BYTES) return { fit: 0, tooLarge: true };
    if (at > 0 && bytes > CHUNK_BYTES) return { fit: at, tooLarge: false };
  }
  return { fit: most, tooLarge: false };
}
