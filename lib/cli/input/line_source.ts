/**
 * The inputs of a run: what `map` pulls. Hands out lines as they are read, and remembers where each
 * came from until it has settled, because a failure is reported with its line.
 *
 * @module
 */

import { IndexMap } from "../index_map.ts";
import type { InputFile } from "./input_file.ts";
import { type Line, LineSplitter } from "./line_splitter.ts";

/** Where an input came from. */
export interface Origin {
  /** The line's number in the file, from 1. */
  number: number;
  line: Line;
}

type Next = IteratorResult<Line, undefined>;

/** So much text, in characters or bytes, may be on its way; beyond it, long lines wait for others to settle. */
const MOST_OPEN = 64 * 1024 * 1024;

/** Pulls lines from a file, no further than it is asked. */
export class LineSource implements AsyncIterable<Line> {
  readonly #file: InputFile;
  readonly #skipBlank: boolean;
  readonly #splitter = new LineSplitter();
  readonly #open = new IndexMap<Line>();
  /** Line numbers of open inputs, where they are not simply the index plus one. */
  readonly #numbers = new Map<number, number>();
  /** The length of all open lines together. */
  #openLength = 0;
  #lines: Line[] = [];
  #position = 0;
  #lineNumber = 0;
  #ended = false;
  readonly #window: number;
  /** Too many are open; it hands out the next once a quarter of them has settled. */
  #waiting = false;
  /** Ends the wait that `#read` is in. */
  #wake: (() => void) | undefined;

  /** Inputs handed out so far. */
  pulled = 0;
  #bytesRead = 0;
  /** Bytes of the last chunk, which `#lines` are from. */
  #chunkBytes = 0;
  #fileEnded = false;
  /** Why reading ended before the file did. */
  failure: unknown;

  /** `window` is how many inputs may be open: handed out and not settled. */
  constructor(file: InputFile, { skipBlank, window = Infinity }: { skipBlank: boolean; window?: number }) {
    this.#window = window;
    this.#file = file;
    this.#skipBlank = skipBlank;
  }

  /** Hands out nothing more, even if a read is under way that may never return. */
  stop(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** About how many bytes the inputs handed out so far had, with what stood between them. */
  get bytesPulled(): number {
    const waiting = this.#lines.length === 0 ? 0 : 1 - this.#position / this.#lines.length;
    return this.#bytesRead - this.#chunkBytes * waiting;
  }

  /** Whether all that the file has was handed out. */
  get exhausted(): boolean {
    return this.#fileEnded && this.#position >= this.#lines.length;
  }

  /** Where an open input came from. */
  originOf(index: number): Origin {
    return { number: this.numberOf(index), line: this.#open.get(index) ?? "" };
  }

  /** The line number of an open input. */
  numberOf(index: number): number {
    return (this.#numbers.size > 0 ? this.#numbers.get(index) : undefined) ?? index + 1;
  }

  /** Forgets an input that has settled. */
  settle(index: number): void {
    const line = this.#open.get(index);
    if (line === undefined) return;
    this.#open.delete(index);
    if (this.#numbers.size > 0) this.#numbers.delete(index);
    const wasFull = this.#isFull();
    this.#openLength -= line.length;
    // Inputs that are handed out together travel together: not one by one as they settle.
    if (this.#open.size <= 0.75 * this.#window) this.#waiting = false;
    if (wasFull && !this.#isFull()) this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Line, undefined> {
    // A line that is there already is returned without a promise: `await` takes both, and a promise
    // per line is what would cost most here.
    const next = () => this.#take() ?? this.#read();
    return {
      next: next as () => Promise<Next>,
      return: () => {
        this.stop();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #take(): Next | undefined {
    if (this.#ended) return { done: true, value: undefined };
    if (this.#isFull()) return undefined;
    while (this.#position < this.#lines.length) {
      const line = this.#lines[this.#position++];
      this.#lineNumber++;
      if (this.#skipBlank && isBlank(line)) continue;
      const index = this.pulled++;
      this.#open.set(index, line);
      this.#openLength += line.length;
      if (this.#open.size >= this.#window) this.#waiting = true;
      if (this.#lineNumber !== index + 1) this.#numbers.set(index, this.#lineNumber);
      return { done: false, value: line };
    }
    return undefined;
  }

  async #read(): Promise<Next> {
    for (;;) {
      const next = this.#take();
      if (next) return next;
      if (this.#isFull()) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      if (this.exhausted) return { done: true, value: undefined };
      await this.#refill();
    }
  }

  #isFull(): boolean {
    return this.#waiting || this.#openLength > MOST_OPEN;
  }

  /** Reads a chunk; returns early when stopped. */
  #refill(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#file.read().then((bytes) => this.#receive(bytes), (error) => {
        this.failure = error;
        this.#ended = true;
      }).finally(resolve);
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#bytesRead += bytes.length;
    this.#chunkBytes = bytes.length;
    this.#lines = bytes.length > 0 ? this.#splitter.push(bytes) : this.#splitter.end();
    this.#position = 0;
    this.#fileEnded = bytes.length === 0;
  }
}

function isBlank(line: Line): boolean {
  if (typeof line !== "string") return false;
  // Few lines that are not blank begin with white space.
  return line.length === 0 || (line.charCodeAt(0) <= 32 && line.trim() === "");
}
