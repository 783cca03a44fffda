/**
 * The inputs of a run: hands out lines as they are read, in blocks, and remembers where each came from until it has
 * settled, because a failure is reported with its line.
 *
 * @module
 */

import type { Lines } from "../../wire/lines.ts";
import type { InputFile } from "./input_file.ts";
import { type Block, type Line, LineSplitter } from "./line_splitter.ts";

/** Where an input came from. */
export interface Origin {
  /** The line's number in the file, from 1. */
  number: number;
  line: Line;
}

/** Lines that were handed out together. */
interface Open extends Block {
  /** The index of the first. */
  index: number;
  /** How many have not settled. */
  left: number;
}

/** So many bytes may be on their way; beyond it, long lines wait for others to settle. */
const MOST_OPEN = 64 * 1024 * 1024;

/** Reads lines from a file, no further than it is asked. */
export class LineSource {
  readonly #file: InputFile;
  readonly #splitter: LineSplitter;
  /** Whoever has inputs that have not settled, in the order of the indices. */
  #open: Open[] = [];
  /** How many inputs those are, and about how many bytes. */
  #openInputs = 0;
  #openBytes = 0;
  /** What was read and not handed out. */
  #blocks: Block[] = [];
  #stopped = false;
  readonly #window: number;
  /** Too many are open; it hands out more once a quarter of them has settled. */
  #waiting = false;
  /** Ends the wait that `read` is in. */
  #wake: (() => void) | undefined;
  /** Inputs handed out so far. */
  pulled = 0;
  /** Bytes of them, with what stood between them. */
  bytesPulled = 0;
  #fileEnded = false;
  /** Why reading ended before the file did. */
  failure: unknown;

  /** `window` is how many inputs may be open: handed out and not settled. */
  constructor(file: InputFile, { skipBlank, window = Infinity }: { skipBlank: boolean; window?: number }) {
    this.#window = window;
    this.#file = file;
    this.#splitter = new LineSplitter({ skipBlank });
  }

  /** Hands out nothing more, even if a read is under way that may never return. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** Whether it hands out nothing more. */
  get ended(): boolean {
    return this.#stopped || this.exhausted;
  }

  /** Whether all that the file has was handed out. */
  get exhausted(): boolean {
    return this.#fileEnded && this.#blocks.length === 0;
  }

  /** Lines that were read, as many as may be open; none if {@link read} has to be asked. */
  take(): Lines | undefined {
    if (this.#stopped || this.#isFull() || this.#blocks.length === 0) return undefined;
    const [{ lines, number, memory }] = this.#blocks;
    const room = this.#window - this.#openInputs;
    const some = lines.length > room ? lines.slice(0, room) : lines;
    if (some === lines) this.#blocks.shift();
    else this.#blocks[0] = { lines: lines.slice(room), number: number + room, memory };
    const { length, bytes } = some;
    this.#open.push({ lines: some, number, memory, index: this.pulled, left: length });
    this.pulled += length;
    this.bytesPulled += bytes.length;
    this.#openInputs += length;
    this.#openBytes += bytes.length;
    if (this.#openInputs >= this.#window) this.#waiting = true;
    return some;
  }

  /** Resolves when there may be lines to take, or never will be. */
  async read(): Promise<void> {
    if (this.ended) return;
    if (this.#isFull()) await new Promise<void>((resolve) => this.#wake = resolve);
    else if (this.#blocks.length === 0) await this.#refill();
  }

  /** Where an open input came from. */
  originOf(index: number): Origin {
    const block = this.#blockOf(index);
    if (!block) return { number: index + 1, line: "" };
    return { number: block.number + index - block.index, line: block.lines.at(index - block.index) };
  }

  /** The line number of an open input. */
  numberOf(index: number): number {
    const block = this.#blockOf(index);
    return block ? block.number + index - block.index : index + 1;
  }

  /** Forgets inputs that have settled: `index`, and those after it. */
  settle(index: number, count = 1): void {
    const wasFull = this.#isFull();
    for (let left = count; left > 0;) {
      const block = this.#blockOf(index);
      if (!block) return;
      const some = Math.min(left, block.index + block.lines.length - index);
      block.left -= some;
      this.#openInputs -= some;
      if (block.left === 0) this.#close(block);
      this.#splitter.release(block.memory, some);
      index += some;
      left -= some;
    }
    // Inputs that are handed out together travel together: not one by one as they settle.
    if (this.#openInputs <= 0.75 * this.#window) this.#waiting = false;
    if (wasFull && !this.#isFull()) this.#wake?.();
  }

  #close(block: Open): void {
    this.#openBytes -= block.lines.bytes.length;
    // The first, as a rule: what is behind a slow one waits for it where results are in order.
    if (block === this.#open[0]) this.#open.shift();
    else this.#open.splice(this.#open.indexOf(block), 1);
  }

  #blockOf(index: number): Open | undefined {
    let [from, to] = [0, this.#open.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const block = this.#open[middle];
      if (index < block.index) to = middle;
      else if (index >= block.index + block.lines.length) from = middle + 1;
      else return block;
    }
    return undefined;
  }

  #isFull(): boolean {
    return this.#waiting || this.#openBytes > MOST_OPEN;
  }

  /** Reads a chunk; returns early when stopped. */
  #refill(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#file.read().then((bytes) => this.#receive(bytes), (error) => {
        this.failure = error;
        this.#stopped = true;
      }).finally(resolve);
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#blocks = bytes.length > 0 ? this.#splitter.push(bytes) : this.#splitter.end();
    this.#fileEnded = bytes.length === 0;
  }
}
