/**
 * The inputs of a run. It hands out lines in blocks as they are read. It keeps the block of each input until the input has
 * settled, because a failure is reported with its line.
 *
 * It has a window of its own, beside that of `map()`, because a map pulls inputs one by one. A million lines that a map pulls
 * from an async iterable took 7.5 µs of CPU each, and blocks of lines 0.46 µs (Deno 2.9). This window also counts bytes.
 */

import type { Lines } from "../../wire/lines.ts";
import type { AddedInputs } from "./added_inputs.ts";
import { BlockReader, type ReadInput } from "./block_reader.ts";
import { release } from "./formats/splitter.ts";
import { OpenInputs } from "./open_inputs.ts";
import { type Open, sizeOf, type Sourced } from "./origin.ts";
import { Places } from "./places.ts";

/**
 * Maximum number of bytes of inputs that have not settled, and of outputs that wait for those of earlier inputs. A guess; it
 * limits the memory for long lines.
 */
const MAX_OPEN_BYTES = 64 * 1024 * 1024;

/** Number of bytes of the first input that are kept, for a hint about its format. */
const BEGINNING = 64;

interface LineSourceOptions {
  /** Maximum number of inputs that are handed out and not settled. Default: no limit. */
  window?: number;
  /** Keeps the inputs that tasks hand in. Default: tasks hand in none. */
  added?: AddedInputs;
}

/** Hands out the lines of files when they are asked for. Then come the inputs that tasks have handed in. */
export class LineSource {
  /** Absent if tasks hand in no inputs. */
  readonly added: AddedInputs | undefined;
  readonly reader: BlockReader;
  /** Where inputs stand that have not settled. */
  readonly places: Places;
  /** Whether a selection leaves out inputs of the files. */
  readonly #selects: boolean;
  readonly #open = new OpenInputs((block) => this.#closed(block));
  /** Number of bytes of outputs that wait for those of earlier inputs. */
  #heldBytes = 0;
  #stopped = false;
  readonly #window: number;
  /** Whether the window was full, until a quarter of it has settled. */
  #waiting = false;
  #wake: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  pulled = 0;
  #bytesPulled = 0;
  beginning = "";
  failure: unknown;

  constructor(
    input: ReadInput,
    { window = Infinity, added }: LineSourceOptions = {},
  ) {
    this.#window = window;
    this.added = added;
    this.#selects = input.selection !== undefined;
    const reader = this.reader = new BlockReader(input);
    this.places = new Places({ input, reader, open: this.#open, added });
  }

  /** Hands out nothing more, also if a read never returns. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  get ended(): boolean {
    return this.#stopped || this.exhausted;
  }

  /** Whether every input that is wanted, and is known so far, was handed out. */
  get exhausted(): boolean {
    return this.filesEnded ? !this.added?.hasMore : this.pulled >= this.#most;
  }

  get filesEnded(): boolean {
    return this.reader.isAtEnd && !this.reader.hasBlocks;
  }

  /** Whether there may be further inputs, which are not wanted. */
  get isCut(): boolean {
    return this.reader.isCut || (this.added?.queue.isFull ?? false);
  }

  /** Whether tasks have handed in inputs, and tasks that run may hand in further ones. */
  get mayGrow(): boolean {
    return this.#open.size > 0 && (this.added?.areUsed ?? false);
  }

  get #most(): number {
    return this.added?.most ?? Infinity;
  }

  /** Number of bytes of the files that were handed out or left out. */
  get bytesPulled(): number {
    return this.#bytesPulled + this.reader.bytesLeftOut;
  }

  /** Number of inputs that are handed out in all, as far as tasks hand in no further ones; undefined until it is known. */
  get all(): number | undefined {
    if (!this.reader.isAtEnd) return undefined;
    const known = this.pulled + this.reader.waiting + (this.added?.queue.waiting ?? 0);
    return Math.max(this.pulled, Math.min(known, this.#most));
  }

  /** Whether it hands out nothing until some inputs have settled. Inputs whose turn is not known have a window of their own. */
  get isFull(): boolean {
    return this.#waiting || this.#hasManyBytes && this.#openInTurn > 0;
  }

  get #hasManyBytes(): boolean {
    return this.#open.bytes + this.#heldBytes > MAX_OPEN_BYTES;
  }

  /** Number of open inputs that were handed out in turn. If there is none, the next one must be handed out: the others wait for it. */
  get #openInTurn(): number {
    return this.#open.size - (this.added?.queue.earlyOpen ?? 0);
  }

  /** Hands out lines that were read, as many as the window allows; undefined if {@link read} has to be called first. */
  take(): Lines | undefined {
    if (this.ended) return undefined;
    const block = this.isFull ? this.#nextEarly() : this.#next() ?? this.#nextEarly();
    if (!block) return undefined;
    const { lines, lines: { length, bytes } } = block;
    if (this.pulled === 0) this.beginning = new TextDecoder().decode(bytes.subarray(0, BEGINNING));
    this.#open.add({ ...block, index: this.pulled, left: length });
    this.pulled += length;
    this.#bytesPulled += sizeOf(block);
    if (this.#openInTurn >= this.#window) this.#waiting = true;
    return lines;
  }

  /** Takes the next block, or its first lines, as many as the window allows. */
  #next(): Sourced | undefined {
    const added = this.added;
    const room = Math.min(this.#window - this.#openInTurn, this.#most - this.pulled);
    const isFile = this.reader.hasBlocks;
    if (added && (!isFile || !added.ordered)) {
      const block = added.take(added.ordered ? this.#window - this.#openInTurn : room, this.#nextPlace);
      if (block) return block;
    }
    if (!isFile) return undefined;
    const block = this.reader.take(room);
    added?.read(block.lines);
    this.#filesMayHaveEnded();
    return block;
  }

  #nextEarly(): Sourced | undefined {
    if (!this.added || this.#hasManyBytes) return undefined;
    return this.added.takeEarly(this.#window - this.added.queue.earlyOpen, this.#nextPlace);
  }

  get #nextPlace(): { index: number; whole: number } {
    const index = this.pulled;
    return { index, whole: this.#selects ? this.reader.seen + this.added!.queue.started : index };
  }

  #filesMayHaveEnded(): void {
    if (this.filesEnded) this.added?.queue.end();
  }

  /** Resolves when there may be lines to take, or when there are no more. */
  async read(): Promise<void> {
    if (this.ended) return;
    const added = this.added;
    if (this.filesEnded && added?.isLate) return await added.ready();
    // Inputs of tasks wait for the end of the files, also while the window is full.
    const mayRead = !this.reader.hasBlocks && !this.filesEnded && (!this.isFull || added?.areUsed);
    if (mayRead) await this.#refill();
    else if (this.isFull || this.filesEnded) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  add(index: number, texts: string[]): void {
    this.added?.add(index, texts, () => this.#open.ofFiles);
    this.#wake?.();
  }

  /** Takes note that the outcome of an input that has handed in others has come in order. */
  place(index: number): void {
    this.added?.place(index);
    this.#wake?.();
  }

  /** Takes note that inputs from `index` on have an outcome, which may wait for those of earlier inputs. */
  ran(index: number, count: number): void {
    if (!this.added?.areUsed) return;
    this.added.queue.ran(index, count);
    if (this.filesEnded) this.#wake?.();
  }

  /** Forgets `count` inputs from `index` on, because they have settled. */
  settle(index: number, count = 1): void {
    const wasFull = this.isFull;
    this.#open.settle(index, count);
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

  #closed(block: Open): void {
    if (!block.source.isAdded && !this.added?.keeps(block.lines, () => release(block))) release(block);
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
      await this.reader.read();
      this.#filesMayHaveEnded();
    } catch (error) {
      this.failure = error;
      this.#stopped = true;
    }
  }
}
