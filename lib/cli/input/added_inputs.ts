/**
 * The inputs that tasks hand in by `context.add`: each distinct one once. An input is distinct if no input of the files and no
 * other added input has the same content.
 *
 * The inputs of the files are compared only once a task has handed in an input, so that other runs take no time for it. Until
 * then, the first of them are kept. If there were more, the files are read again.
 */

import { AddedQueue } from "../../executor/calls/added_queue.ts";
import type { RowForm } from "../../wire/csv_row.ts";
import { contentOf } from "../../wire/distinct.ts";
import { Lines } from "../../wire/lines.ts";
import { RECORD, recordOfRow } from "../../wire/table_row.ts";
import type { Line } from "./formats/splitter.ts";
import type { Source, Sourced } from "./origin.ts";

/**
 * Number of bytes of settled inputs that are kept until a task hands in the first input. A guess: with less, the files of more runs
 * are read twice; with more, runs without added inputs take more memory.
 */
const MAX_KEPT = 4 * 1024 * 1024;

/** Maximum number of inputs that are handed out together. A guess; it limits what a worker gets at once. */
const MAX_BLOCK = 1_024;

const TASKS: Source = {
  name: "added inputs",
  first: 0,
  linesBefore: 0,
  isAdded: true,
};

/** A number that JavaScript may read as another one. */
const DOUBTFUL_NUMBER = /[0-9]{16}|[0-9][eE][-+]?[0-9]{3}/;

const encoder = new TextEncoder();

export interface AddedInputsInit {
  /** Maximum number of inputs of the run, those of the files included (`--max-inputs`). */
  most: number;
  /** Whether inputs that are known already run again (`--revisit`). */
  revisit: boolean;
  /** Whether outcomes are in order. Added inputs then start when those of the files have ended. */
  ordered: boolean;
  slots: () => number;
  isJson: boolean;
  /** The form of the files' inputs, if they may be rows. Default: they are not. */
  rows?: RowForm;
  /** Reads the first `count` inputs of the files again. Rejects if they can be read only once. */
  readAgain: (count: number) => AsyncIterable<Lines>;
}

interface Kept {
  lines: Lines;
  release: () => void;
}

/** What a task has handed in; without texts, its place has come. */
interface Late {
  parent: number;
  texts?: string[];
}

export class AddedInputs {
  /** Which of them may start, and the order of outcomes. */
  readonly queue: AddedQueue<string>;
  readonly #init: AddedInputsInit;
  /** Settled inputs of the files, until the first added input; undefined if they were too many. */
  #kept: Kept[] | undefined = [];
  #keptBytes = 0;
  /** What tasks have handed in while the files are read again; undefined at all other times. */
  #late: Late[] | undefined;
  #rereading = Promise.resolve();
  #failure: unknown;

  constructor(init: AddedInputsInit) {
    this.#init = init;
    this.queue = new AddedQueue(init);
    if (init.revisit) this.#kept = undefined;
  }

  get ordered(): boolean {
    return this.#init.ordered;
  }

  get most(): number {
    return this.#init.most;
  }

  /** Whether a task has handed in an input. */
  get areUsed(): boolean {
    return this.queue.started + this.queue.waiting > 0;
  }

  /** Whether it is not known yet which inputs are new. */
  get isLate(): boolean {
    return this.#late !== undefined;
  }

  /** Whether inputs wait that may start, or may be found to be new. */
  get hasMore(): boolean {
    return this.queue.hasMore || this.isLate && !this.queue.isFull;
  }

  /** Resolves when it is known which inputs are new. Rejects if that cannot be known. */
  async ready(): Promise<void> {
    await this.#rereading;
    if (this.#failure) throw this.#failure;
  }

  read(lines: Lines): void {
    this.queue.callers += lines.length;
    if (this.queue.compares) this.#learn(lines, this.#init.rows);
  }

  /** Whether it keeps a settled block of a file. It then calls `release` once it does not any more. */
  keeps(lines: Lines, release: () => void): boolean {
    if (!this.#kept || this.queue.compares) return false;
    this.#keptBytes += lines.bytes.length;
    this.#kept.push({ lines, release });
    if (this.#keptBytes > MAX_KEPT) this.#forget();
    return true;
  }

  /** Takes the inputs that a task has handed in. `open` has the blocks of the files that have not settled. */
  add(parent: number, texts: string[], open: () => Lines[]): void {
    if (!this.queue.compares && !this.#init.revisit) this.#begin(open);
    this.#take({ parent, texts });
  }

  place(parent: number): void {
    this.#take({ parent });
  }

  /** Takes out a block of at most `room` inputs whose turn comes next. `index` is that of the first among the inputs that have started. */
  take(room: number, { index, whole }: Place): Sourced | undefined {
    return this.#blockOf(this.queue.take(Math.min(room, MAX_BLOCK), index), whole);
  }

  /** Takes out a block of at most `room` inputs whose turn is not known. */
  takeEarly(room: number, { index, whole }: Place): Sourced | undefined {
    return this.#blockOf(this.queue.takeEarly(Math.min(room, MAX_BLOCK), index), whole);
  }

  #blockOf(texts: string[], whole: number): Sourced | undefined {
    return blockOf(this.#init.rows ? texts.map((text) => RECORD + text) : texts, whole);
  }

  #begin(open: () => Lines[]): void {
    this.queue.compare();
    const kept = this.#kept;
    if (!kept) {
      this.#late = [];
      this.#rereading = this.#readAgain(this.queue.callers).catch((error) => void (this.#failure = error));
      return;
    }
    for (const { lines } of kept) this.#learn(lines, this.#init.rows);
    for (const lines of open()) this.#learn(lines, this.#init.rows);
    this.#forget();
  }

  async #readAgain(count: number): Promise<void> {
    // These are no rows.
    for await (const lines of this.#init.readAgain(count)) this.#learn(lines);
    const late = this.#late!;
    this.#late = undefined;
    late.forEach((one) => this.#take(one));
  }

  #learn(lines: Lines, rows?: RowForm): void {
    for (const line of lines.toArray()) {
      this.queue.know(this.#contentOf(rows ? recordOfRow(line as string, rows) : line));
    }
  }

  #take(one: Late): void {
    const { queue } = this;
    const { parent, texts } = one;
    if (this.#late) return void this.#late.push(one);
    if (!texts) return queue.place(parent);
    for (const text of texts) queue.add(parent, text, queue.compares ? this.#contentOf(text) : undefined);
  }

  /** The content of an input. JSON is compared as the task sees it: white space and the order of keys make no difference. */
  #contentOf(line: Line): string {
    const text = typeof line === "string" ? line : `${line}`;
    if (!this.#init.isJson || DOUBTFUL_NUMBER.test(text)) return text;
    try {
      return contentOf(JSON.parse(text));
    } catch {
      return text;
    }
  }

  #forget(): void {
    for (const { release } of this.#kept!) release();
    this.#kept = undefined;
  }
}

/** Where inputs begin: the index of the first in the order of starts, and among all inputs, whether or not the others run. */
interface Place {
  index: number;
  whole: number;
}

function blockOf(texts: string[], whole: number): Sourced | undefined {
  if (texts.length === 0) return undefined;
  const bytes = encoder.encode(`${texts.join("\n")}\n`);
  return {
    lines: new Lines(bytes, texts.length),
    number: whole + 1,
    whole,
    size: 0,
    memory: { bytes, left: texts.length },
    source: TASKS,
  };
}
