/**
 * Reads the files of a run, one after another, into blocks of inputs: up to the end of the last file, or to the maximum number of
 * `--first`. A selection leaves out inputs.
 */

import { release, type Splitter } from "./formats/splitter.ts";
import { sizeOf, type Source, type Sourced } from "./origin.ts";
import type { RunInput } from "./run_input.ts";
import type { Selection } from "./selection/selection.ts";

/** The files, their format, and which of their inputs run. Default: all. */
export type ReadInput = Pick<RunInput, "files" | "format"> & Partial<Pick<RunInput, "first" | "selection">>;

export class BlockReader {
  readonly #input: ReadInput;
  readonly #first: number;
  readonly #selection: Selection | undefined;
  #at = 0;
  #source: Source;
  #splitter: Splitter;
  readonly #blocks: Sourced[] = [];
  /** Number of inputs read so far, whether or not they run. */
  seen = 0;
  /** Number of bytes of blocks that the selection has left out. */
  bytesLeftOut = 0;
  isAtEnd = false;
  /** Whether reading has ended because of `--first`. */
  isCut = false;

  constructor(input: ReadInput) {
    this.#input = input;
    this.#first = input.first ?? Infinity;
    this.#selection = input.selection;
    const { files: [{ name }], format } = input;
    this.#source = { name, first: 0, linesBefore: 0 };
    this.#splitter = format.splitter(name);
  }

  get name(): string {
    return this.#source.name;
  }

  /** Whether the present input is a file, and not a pipe or a terminal. */
  get isFile(): boolean {
    const file = this.#input.files[this.#at];
    return !file || (file.stats?.isFile() ?? file.size !== undefined);
  }

  get hasBlocks(): boolean {
    return this.#blocks.length > 0;
  }

  get waiting(): number {
    return this.#blocks.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Takes out the first block that waits, or its first `room` lines. There must be one. */
  take(room: number): Sourced {
    if (this.#blocks[0].lines.length <= room) return this.#blocks.shift()!;
    const [some, rest] = cut(this.#blocks[0], room);
    this.#blocks[0] = rest;
    return some;
  }

  async read(): Promise<void> {
    const bytes = await this.#input.files[this.#at].read();
    const [source, splitter] = [this.#source, this.#splitter];
    const blocks = bytes.length > 0 ? splitter.push(bytes) : splitter.end();
    for (const block of blocks) this.#add({ ...block, source, whole: this.seen });
    if (this.seen >= this.#first) this.isCut = true;
    else if (bytes.length === 0) this.#nextFile(splitter.lines);
    if (this.isCut) this.isAtEnd = true;
    if (this.isAtEnd && this.#selection) this.#blocks.push(...this.#selection.end());
  }

  #add(read: Sourced): void {
    const room = this.#first - this.seen;
    if (room === 0) return release(read);
    const [block, rest] = read.lines.length > room ? cut(read, room) : [read, undefined];
    if (rest) release(rest);
    this.seen += block.lines.length;
    if (!this.#selection) return void this.#blocks.push(block);
    const selected = this.#selection.take(block);
    if (selected) this.#blocks.push(selected);
    else this.bytesLeftOut += sizeOf(block);
    release(block);
  }

  #nextFile(lines: number): void {
    const { files, format } = this.#input;
    if (++this.#at === files.length) {
      this.isAtEnd = true;
      return;
    }
    const linesBefore = this.#source.linesBefore + lines;
    const { name } = files[this.#at];
    this.#source = { name, first: this.seen, linesBefore };
    this.#splitter = format.splitter(name);
  }
}

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
