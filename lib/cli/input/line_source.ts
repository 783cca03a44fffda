/**
 * The inputs of a run: hands out lines as they are read, in blocks, and remembers where each came from until it has
 * settled, because a failure is reported with its line.
 *
 * @module
 */

import type { Lines } from "../../wire/lines.ts";
import { numberIn, type Open, type Origin, originIn, type Source, type Sourced } from "./origin.ts";
import type { RunInput } from "./run_input.ts";

/** So many bytes may be on their way; beyond it, long lines wait for others to settle. */
const MOST_OPEN = 64 * 1024 * 1024;

/** So much of the first input is kept, in bytes, for a word on what it looks like. */
const BEGINNING = 64;

/** Reads lines from files, one after another, no further than it is asked. */
export class LineSource {
  readonly #input: Pick<RunInput, "files" | "format">;
  /** The number of inputs that are handed out at most. */
  readonly #first: number;
  /** Which file is read. */
  #at = 0;
  #source: Source;
  /** Inputs that were read. */
  #count = 0;
  /** Sources of inputs that have not settled, in the order of the indices. */
  #open: Open[] = [];
  /** How many inputs those are, and about how many bytes. */
  #openInputs = 0;
  #openBytes = 0;
  /** What was read and not handed out. */
  #blocks: Sourced[] = [];
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
  /** How the first input begins. */
  beginning = "";
  #allRead = false;
  /** Why reading ended before the file did. */
  failure: unknown;

  /** `window` is how many inputs may be open: handed out and not settled. */
  constructor(
    input: Pick<RunInput, "files" | "format"> & Partial<Pick<RunInput, "first">>,
    { window = Infinity }: { window?: number } = {},
  ) {
    this.#window = window;
    this.#input = input;
    this.#first = input.first ?? Infinity;
    const { files: [{ name }], format } = input;
    this.#source = { name, splitter: format.splitter(name), first: 0, linesBefore: 0 };
  }

  /** The name of the file that is read. */
  get reading(): string {
    return this.#source.name;
  }

  /** Whether it reads from a file, and not from a pipe or a terminal. */
  get isFile(): boolean {
    return this.#input.files[this.#at]?.stats?.isFile() ?? true;
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

  /** Whether every input that is wanted was handed out. */
  get exhausted(): boolean {
    return this.#allRead && this.#blocks.length === 0 || this.isCut;
  }

  /** Whether the files may have further inputs, which are not wanted. */
  get isCut(): boolean {
    return this.pulled >= this.#first;
  }

  /** Whether inputs are JSON text. */
  get isJson(): boolean {
    return this.#input.format.encoding !== "text";
  }

  /** Whether it hands out no more until some have settled. */
  get isFull(): boolean {
    return this.#waiting || this.#openBytes > MOST_OPEN;
  }

  /** Lines that were read, as many as may be open; none if {@link read} has to be asked. */
  take(): Lines | undefined {
    if (this.ended || this.isFull || this.#blocks.length === 0) return undefined;
    const block = this.#next(Math.min(this.#window - this.#openInputs, this.#first - this.pulled));
    const { lines, lines: { length, bytes }, size = bytes.length } = block;
    if (this.pulled === 0) this.beginning = new TextDecoder().decode(bytes.subarray(0, BEGINNING));
    this.#open.push({ ...block, index: this.pulled, left: length });
    this.pulled += length;
    this.bytesPulled += size;
    this.#openInputs += length;
    this.#openBytes += bytes.length;
    if (this.#openInputs >= this.#window) this.#waiting = true;
    return lines;
  }

  /** The first block, or as much of it as there is room for. */
  #next(room: number): Sourced {
    const [block] = this.#blocks;
    const { lines, number, numbers, size } = block;
    if (lines.length <= room) return this.#blocks.shift()!;
    const part = size === undefined ? undefined : Math.round(size * room / lines.length);
    this.#blocks[0] = {
      ...block,
      lines: lines.slice(room),
      number: numbers ? numbers[room] : number + room,
      numbers: numbers?.slice(room),
      size: size === undefined ? undefined : size - part!,
    };
    return { ...block, lines: lines.slice(0, room), size: part };
  }

  /** Resolves when there may be lines to take, or never will be. */
  async read(): Promise<void> {
    if (this.ended) return;
    if (this.isFull) await new Promise<void>((resolve) => this.#wake = resolve);
    else if (this.#blocks.length === 0) await this.#refill();
  }

  /** Where an open input came from. */
  originOf(index: number): Origin {
    const { files, format } = this.#input;
    return originIn(this.#blockOf(index), index, { format, several: files.length > 1 });
  }

  /** The file that an open input came from, and where in it the input begins. */
  placeOf(index: number): { file: string; line: number } {
    const block = this.#blockOf(index);
    if (!block) return { file: this.#source.name, line: index + 1 };
    return { file: block.source.name, line: numberIn(block, index) };
  }

  /** The line number of an open input; it goes on from file to file. */
  numberOf(index: number): number {
    const block = this.#blockOf(index);
    return block ? block.source.linesBefore + numberIn(block, index) : index + 1;
  }

  /** Forgets inputs that have settled: `index`, and those after it. */
  settle(index: number, count = 1): void {
    const wasFull = this.isFull;
    for (let left = count; left > 0;) {
      const block = this.#blockOf(index);
      if (!block) return;
      const some = Math.min(left, block.index + block.lines.length - index);
      block.left -= some;
      this.#openInputs -= some;
      if (block.left === 0) this.#close(block);
      block.source.splitter.release(block.memory, some);
      index += some;
      left -= some;
    }
    // Inputs that are handed out together travel together: not one by one as they settle.
    if (this.#openInputs <= 0.75 * this.#window) this.#waiting = false;
    if (wasFull && !this.isFull) this.#wake?.();
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

  /** Reads a chunk; returns early when stopped. */
  #refill(): Promise<void> {
    const file = this.#input.files[this.#at];
    return new Promise((resolve) => {
      this.#wake = resolve;
      file.read().then((bytes) => this.#receive(bytes)).catch((error) => {
        this.failure = error;
        this.#stopped = true;
      }).finally(resolve);
    });
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    const source = this.#source;
    const { splitter } = source;
    const found = bytes.length > 0 ? splitter.push(bytes) : splitter.end();
    // Waiting for what is there already would cost a turn.
    const blocks = found instanceof Promise ? await found : found;
    this.#blocks = blocks.map((block) => ({ ...block, source }));
    for (const { lines } of blocks) this.#count += lines.length;
    if (bytes.length === 0) this.#nextFile(splitter.lines);
  }

  #nextFile(lines: number): void {
    const { files, format } = this.#input;
    if (++this.#at === files.length) {
      this.#allRead = true;
      return;
    }
    const linesBefore = this.#source.linesBefore + lines;
    const { name } = files[this.#at];
    this.#source = { name, splitter: format.splitter(name), first: this.#count, linesBefore };
  }
}
