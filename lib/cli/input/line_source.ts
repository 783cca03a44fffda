/**
 * The inputs of a run. It hands out lines in blocks as they are read, and knows the place of each input until it has settled,
 * because a failure is reported with its line.
 *
 * It has a window of its own, beside that of `map()`, because a map pulls inputs one by one. A million lines that a map pulls
 * from an async iterable took 7.5 µs of CPU each, and blocks of lines 0.46 µs (Deno 2.9). This window also counts bytes.
 *
 * @module
 */

import type { Lines } from "../../wire/lines.ts";
import type { Turns } from "../../executor/calls/in_order.ts";
import type { AddedInputs } from "./added_inputs.ts";
import type { Splitter } from "./formats/splitter.ts";
import {
  indexIn,
  numberIn,
  type Open,
  type Origin,
  originIn,
  sizeOf,
  type Source,
  type Sourced,
} from "./origin.ts";
import type { RunInput } from "./run_input.ts";
import type { Selection } from "./selection/selection.ts";

/**
 * Maximum number of bytes of inputs that have not settled, and of outputs that wait for those of earlier inputs. A guess; it
 * limits the memory for long lines.
 */
const MAX_OPEN_BYTES = 64 * 1024 * 1024;

/** Number of bytes of the first input that are kept, for a hint about its format. */
const BEGINNING = 64;

/** The options of a source. */
interface LineSourceOptions {
  /** Maximum number of inputs that are handed out and not settled. Default: no limit. */
  window?: number;
  /** Keeps the inputs that tasks hand in. Default: tasks hand in none. */
  added?: AddedInputs;
}

/**
 * Reads the lines of files, one file after another, when they are asked for. Then come the inputs that tasks have handed in.
 * Inputs are counted in two ways: by the index among those that are handed out, and by the index among all inputs. The two differ
 * if a selection leaves some out.
 */
export class LineSource {
  readonly #input: Pick<RunInput, "files" | "format">;
  /** Maximum number of inputs that are read. */
  readonly #first: number;
  readonly #selection: Selection | undefined;
  readonly #added: AddedInputs | undefined;
  /** The position of the file that is read. */
  #at = 0;
  #source: Source & { splitter: Splitter };
  /** Number of inputs read so far. */
  #count = 0;
  /** Blocks of inputs that have not settled, by index. */
  #open: Open[] = [];
  /** The block of the input that was asked for last: mostly that of the next one, too. */
  #found: Open | undefined;
  /** Number of these inputs, and of the bytes of their blocks. */
  #openInputs = 0;
  #openBytes = 0;
  /** Number of bytes of outputs that wait for those of earlier inputs. */
  #heldBytes = 0;
  /** Blocks that were read and not handed out. */
  #blocks: Sourced[] = [];
  #stopped = false;
  readonly #window: number;
  /** Whether the window was full, until a quarter of it has settled. */
  #waiting = false;
  /** Ends the wait of `read`. */
  #wake: (() => void) | undefined;
  /** The read that is under way. */
  #reading: Promise<void> | undefined;
  /** Number of inputs handed out so far. */
  pulled = 0;
  /** Number of bytes of the file that they took. */
  bytesPulled = 0;
  /** The beginning of the first input. */
  beginning = "";
  #allRead = false;
  /** Whether reading ended because of `--first`. */
  #isCut = false;
  /** Why reading ended before the end of the file. */
  failure: unknown;

  constructor(
    input: Pick<RunInput, "files" | "format"> & Partial<Pick<RunInput, "first" | "selection">>,
    { window = Infinity, added }: LineSourceOptions = {},
  ) {
    this.#window = window;
    this.#added = added;
    this.#input = input;
    this.#first = input.first ?? Infinity;
    this.#selection = input.selection;
    const { files: [{ name }], format } = input;
    this.#source = { name, splitter: format.splitter(name), first: 0, linesBefore: 0 };
  }

  /** The name of the file that is read. */
  get reading(): string {
    return this.#source.name;
  }

  /** Whether the present input is a file, and not a pipe or a terminal. */
  get isFile(): boolean {
    return this.#input.files[this.#at]?.stats?.isFile() ?? true;
  }

  /** Hands out nothing more, also if a read never returns. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** Whether it hands out nothing more. */
  get ended(): boolean {
    return this.#stopped || this.exhausted;
  }

  /** Whether every input that is wanted, and is known so far, was handed out. */
  get exhausted(): boolean {
    return this.filesEnded ? !this.#added?.hasMore : this.pulled >= this.most;
  }

  /** Whether all inputs of the files were handed out. */
  get filesEnded(): boolean {
    return this.#allRead && this.#blocks.length === 0;
  }

  /** Whether there may be further inputs, which are not wanted. */
  get isCut(): boolean {
    return this.#isCut || (this.#added?.queue.isFull ?? false);
  }

  /** Number of inputs that did not run because of `--max-inputs`, once all others have. */
  get notRun(): number {
    return this.#added?.queue.cut ?? 0;
  }

  /** Number of inputs that have run, and were found to be beyond `--max-inputs` afterwards. */
  get overrun(): number {
    return this.#added?.queue.overrun ?? 0;
  }

  /** The order of outcomes; undefined if it is that of the indices. */
  get turns(): Turns | undefined {
    return this.#added?.queue;
  }

  /** Whether tasks have handed in inputs, and tasks that run may hand in further ones. */
  get mayGrow(): boolean {
    return this.#openInputs > 0 && (this.#added?.areUsed ?? false);
  }

  /** Maximum number of inputs that are handed out. */
  get most(): number {
    return this.#added?.most ?? Infinity;
  }

  /** Number of inputs that were read, whether or not they run. */
  get seen(): number {
    return this.#count;
  }

  /** Number of inputs that are handed out in all, as far as tasks hand in no further ones; undefined until it is known. */
  get all(): number | undefined {
    if (!this.#allRead) return undefined;
    const waiting = this.#added?.queue.waiting ?? 0;
    const known = this.#blocks.reduce((sum, { lines }) => sum + lines.length, this.pulled + waiting);
    return Math.max(this.pulled, Math.min(known, this.most));
  }

  /** Whether inputs are JSON text. */
  get isJson(): boolean {
    return this.#input.format.encoding !== "text";
  }

  /** Whether it hands out nothing until some inputs have settled. Inputs whose turn is not known have a window of their own. */
  get isFull(): boolean {
    return this.#waiting || this.#hasManyBytes && this.#openInTurn > 0;
  }

  get #hasManyBytes(): boolean {
    return this.#openBytes + this.#heldBytes > MAX_OPEN_BYTES;
  }

  /** Number of open inputs that were handed out in turn. If there is none, the next one must be handed out: the others wait for it. */
  get #openInTurn(): number {
    return this.#openInputs - (this.#added?.queue.earlyOpen ?? 0);
  }

  /** Hands out lines that were read, as many as the window allows; undefined if {@link read} has to be called first. */
  take(): Lines | undefined {
    if (this.ended) return undefined;
    const block = this.isFull ? this.#nextEarly() : this.#next() ?? this.#nextEarly();
    if (!block) return undefined;
    const { lines, lines: { length, bytes } } = block;
    if (this.pulled === 0) this.beginning = new TextDecoder().decode(bytes.subarray(0, BEGINNING));
    this.#open.push({ ...block, index: this.pulled, left: length });
    this.pulled += length;
    this.bytesPulled += sizeOf(block);
    this.#openInputs += length;
    this.#openBytes += bytes.length;
    if (this.#openInTurn >= this.#window) this.#waiting = true;
    return lines;
  }

  /** Takes the next block, or its first lines, as many as the window allows. */
  #next(): Sourced | undefined {
    const added = this.#added;
    const room = Math.min(this.#window - this.#openInTurn, this.most - this.pulled);
    const isFile = this.#blocks.length > 0;
    if (added && (!isFile || !added.ordered)) {
      const block = added.take(added.ordered ? this.#window - this.#openInTurn : room, this.#nextPlace);
      if (block) return block;
    }
    if (!isFile) return undefined;
    const block = this.#nextOfFile(room);
    added?.read(block.lines);
    this.#filesMayHaveEnded();
    return block;
  }

  /** Takes inputs of tasks whose turn is not known. */
  #nextEarly(): Sourced | undefined {
    if (!this.#added || this.#hasManyBytes) return undefined;
    return this.#added.takeEarly(this.#window - this.#added.queue.earlyOpen, this.#nextPlace);
  }

  /** Where the next input of a task begins. */
  get #nextPlace(): { index: number; whole: number } {
    const index = this.pulled;
    return { index, whole: this.#selection ? this.#count + this.#added!.queue.started : index };
  }

  #filesMayHaveEnded(): void {
    if (this.filesEnded) this.#added?.queue.end();
  }

  /** Takes the first block of the files, or its first `room` lines. */
  #nextOfFile(room: number): Sourced {
    if (this.#blocks[0].lines.length <= room) return this.#blocks.shift()!;
    const [some, rest] = cut(this.#blocks[0], room);
    this.#blocks[0] = rest;
    return some;
  }

  /** Resolves when there may be lines to take, or when there are no more. */
  async read(): Promise<void> {
    if (this.ended) return;
    const added = this.#added;
    if (this.filesEnded && added?.isLate) return await added.ready();
    // Inputs of tasks wait for the end of the files, also while the window is full.
    const mayRead = this.#blocks.length === 0 && !this.filesEnded && (!this.isFull || added?.areUsed);
    if (mayRead) await this.#refill();
    else if (this.isFull || this.filesEnded) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Takes inputs that the task of an input has handed in, as text. */
  add(index: number, texts: string[]): void {
    this.#added?.add(
      index,
      texts,
      () => this.#open.filter(({ source }) => !source.isAdded).map(({ lines }) => lines),
    );
    this.#wake?.();
  }

  /** Takes note that the outcome of an input that has handed in others has come in order. */
  place(index: number): void {
    this.#added?.place(index);
    this.#wake?.();
  }

  /** Takes note that inputs from `index` on have an outcome, which may wait for those of earlier inputs. */
  ran(index: number, count: number): void {
    if (!this.#added?.areUsed) return;
    this.#added.queue.ran(index, count);
    if (this.filesEnded) this.#wake?.();
  }

  /** Whether neighbours of this input, which was handed in by a task, may have their turn at other times. */
  hasTurn(index: number): boolean {
    return this.#added?.queue.hasTurn(index) ?? false;
  }

  /** The index of an input in the output, which has come to its place. */
  finalIndexOf(index: number): number {
    const place = this.#added?.queue.placeOf(index);
    if (place === undefined) return this.wholeOf(index);
    return place + (this.#selection ? this.#count : this.#added!.queue.callers);
  }

  /** The place of an input that is written. */
  finalOriginOf(index: number): Origin {
    const origin = this.originOf(index);
    if (!origin.isAdded) return origin;
    const final = this.finalIndexOf(index);
    return { ...origin, index: final, number: final + 1 };
  }

  /** The place of an input that has not settled. An added one has that of its start. */
  originOf(index: number): Origin {
    const { files, format } = this.#input;
    const origin = originIn(this.#blockOf(index), index, { format, several: files.length > 1 });
    return { ...origin, index: this.wholeOf(index) };
  }

  /** Whether an input, by its index among those that were handed out, is not forgotten yet. */
  has(index: number): boolean {
    return this.#blockOf(index) !== undefined;
  }

  /** The file and line of an input that has not settled, and its index among all inputs. */
  placeOf(index: number): { file: string; line: number; whole: number } {
    const block = this.#blockOf(index);
    if (!block) return { file: this.#source.name, line: index + 1, whole: index };
    return { file: block.source.name, line: numberIn(block, index), whole: this.wholeOf(index) };
  }

  /** The index among all inputs of an input that has not settled. */
  wholeOf(index: number): number {
    // Without a selection, they differ only if inputs of tasks come before the last one of the files.
    if (!this.#selection) return index;
    const block = this.#blockOf(index);
    return block ? indexIn(block, index - block.index) : index;
  }

  /** The line number of an input that has not settled. Numbers go on from file to file. */
  numberOf(index: number): number {
    const block = this.#blockOf(index);
    return block ? block.source.linesBefore + numberIn(block, index) : index + 1;
  }

  /** Forgets `count` inputs from `index` on, because they have settled. */
  settle(index: number, count = 1): void {
    const wasFull = this.isFull;
    for (let left = count; left > 0;) {
      const block = this.#blockOf(index);
      if (!block) return;
      const some = Math.min(left, block.index + block.lines.length - index);
      block.left -= some;
      this.#openInputs -= some;
      if (block.left === 0) this.#close(block);
      index += some;
      left -= some;
    }
    // Not one by one as inputs settle, because inputs that are handed out together travel together.
    if (this.#openInTurn <= 0.75 * this.#window) this.#waiting = false;
    if ((wasFull || this.filesEnded) && !this.isFull) this.#wake?.();
  }

  /** Counts bytes of outputs that begin to wait for those of earlier inputs. Negative: they wait no more. */
  hold(bytes: number): void {
    const wasFull = this.isFull;
    this.#heldBytes += bytes;
    if (wasFull && !this.isFull) this.#wake?.();
  }

  #close(block: Open): void {
    this.#openBytes -= block.lines.bytes.length;
    this.#found = undefined;
    // Mostly the first: where results are in order, the others wait for it.
    if (block === this.#open[0]) this.#open.shift();
    else this.#open.splice(this.#open.indexOf(block), 1);
    if (block.source.isAdded || !this.#added?.keeps(block.lines, () => release(block))) release(block);
  }

  #blockOf(index: number): Open | undefined {
    const last = this.#found;
    if (last && index >= last.index && index < last.index + last.lines.length) return last;
    let [from, to] = [0, this.#open.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const block = this.#open[middle];
      if (index < block.index) to = middle;
      else if (index >= block.index + block.lines.length) from = middle + 1;
      else return this.#found = block;
    }
    return undefined;
  }

  /** Reads once. Resolves early if the source is stopped, or a task hands in an input. */
  #refill(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => this.#reading = undefined);
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#reading!.then(resolve);
    });
  }

  async #readOnce(): Promise<void> {
    try {
      await this.#receive(await this.#input.files[this.#at].read());
    } catch (error) {
      this.failure = error;
      this.#stopped = true;
    }
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    const source = this.#source;
    const { splitter } = source;
    const found = bytes.length > 0 ? splitter.push(bytes) : splitter.end();
    // `await` of an array would take a turn of the event loop.
    const blocks = found instanceof Promise ? await found : found;
    for (const block of blocks) this.#add({ ...block, source, whole: this.#count });
    if (this.#count >= this.#first) this.#isCut = true;
    else if (bytes.length === 0) this.#nextFile(splitter.lines);
    if (this.#isCut) this.#allRead = true;
    if (this.#allRead && this.#selection) this.#blocks.push(...this.#selection.end());
    this.#filesMayHaveEnded();
  }

  /** Takes a block that was read, or the part of it that is wanted. */
  #add(read: Sourced): void {
    const room = this.#first - this.#count;
    if (room === 0) return release(read);
    const [block, rest] = read.lines.length > room ? cut(read, room) : [read, undefined];
    if (rest) release(rest);
    this.#count += block.lines.length;
    if (!this.#selection) return void this.#blocks.push(block);
    const selected = this.#selection.take(block);
    if (selected) this.#blocks.push(selected);
    else this.bytesPulled += sizeOf(block);
    release(block);
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

/** Gives back the memory of inputs that are not handed out. */
function release({ source, memory, lines }: Sourced): void {
  source.splitter.release(memory, lines.length);
}

/** Cuts a block into its first `count` inputs and the others. */
function cut(block: Sourced, count: number): [first: Sourced, others: Sourced] {
  const { lines, number, numbers, whole, wholes, size } = block;
  const part = size === undefined ? undefined : Math.round(size * count / lines.length);
  const others = {
    ...block,
    lines: lines.slice(count),
    number: numbers ? numbers[count] : number + count,
    numbers: numbers?.slice(count),
    whole: wholes ? wholes[count] : whole + count,
    wholes: wholes?.slice(count),
    size: size === undefined ? undefined : size - part!,
  };
  return [{ ...block, lines: lines.slice(0, count), size: part }, others];
}
