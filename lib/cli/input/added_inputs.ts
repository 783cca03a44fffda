/**
 * The inputs that tasks hand in by `context.add`, while they wait: each distinct one once. An input is distinct if no input of
 * the files and no other added input has the same content.
 *
 * The inputs of the files are compared only once a task has handed in an input, so that other runs take no time for it. Until
 * then, the first of them are kept. If there were more, the files are read again.
 *
 * @module
 */

import { Fifo } from "../../executor/calls/fifo.ts";
import { contentOf, Distinct } from "../../wire/distinct.ts";
import { Lines } from "../../wire/lines.ts";
import type { Line } from "./formats/splitter.ts";
import type { Source, Sourced } from "./origin.ts";

/**
 * Number of bytes of settled inputs that are kept until a task hands in the first input. A guess: with less, the files of more runs
 * are read twice; with more, runs without added inputs take more memory.
 */
const MAX_KEPT = 4 * 1024 * 1024;

/** Maximum number of inputs that are handed out together. A guess; it limits what a worker gets at once. */
const MAX_BLOCK = 1_024;

/** Where added inputs come from, as far as a file is a source. */
const TASKS: Source = {
  name: "added inputs",
  splitter: { release() {} },
  first: 0,
  linesBefore: 0,
  isAdded: true,
};

/** A number that JavaScript may read as another one. */
const DOUBTFUL_NUMBER = /[0-9]{16}|[0-9][eE][-+]?[0-9]{3}/;

const encoder = new TextEncoder();

/** What it takes to keep added inputs. */
export interface AddedInputsInit {
  /** Maximum number of inputs of the run, those of the files included (`--max-inputs`). */
  most: number;
  /** Whether inputs that are known already run again (`--revisit`). */
  revisit: boolean;
  /** Whether added inputs wait until the files have ended. */
  ordered: boolean;
  /** Whether inputs are JSON text. */
  isJson: boolean;
  /** Reads the first `count` inputs of the files again. Rejects if they can be read only once. */
  readAgain: (count: number) => AsyncIterable<Lines>;
}

/** A settled block that is kept. */
interface Kept {
  lines: Lines;
  release: () => void;
}

/** The added inputs of one run. */
export class AddedInputs {
  readonly #init: AddedInputsInit;
  readonly #waiting = new Fifo<string>();
  /** Number of inputs that were handed out. */
  handedOut = 0;
  /** The contents of all inputs; undefined before the first added input, and with `revisit`. */
  #known: Distinct | undefined;
  /** Settled inputs of the files, until the first added input; undefined if they were too many. */
  #kept: Kept[] | undefined = [];
  #keptBytes = 0;
  /** Number of inputs of the files that were handed out. */
  #read = 0;
  /** Inputs that were handed in while the files are read again; undefined at all other times. */
  #late: string[] | undefined;
  #rereading = Promise.resolve();
  /** Why the files could not be read again. */
  #failure: unknown;

  constructor(init: AddedInputsInit) {
    this.#init = init;
    if (init.revisit) this.#kept = undefined;
  }

  /** Maximum number of inputs of the run. */
  get most(): number {
    return this.#init.most;
  }

  /** Number of inputs that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether a task has handed in an input. */
  get areUsed(): boolean {
    return this.handedOut + this.#waiting.size > 0;
  }

  /** Whether the next input is an added one. */
  comesNow({ filesEnded }: { filesEnded: boolean }): boolean {
    return this.#waiting.size > 0 && (filesEnded || !this.#init.ordered);
  }

  /** Whether inputs wait, or may be found to be new. */
  get hasMore(): boolean {
    return this.#waiting.size > 0 || this.#late !== undefined;
  }

  /** Resolves when it is known which inputs are new. Rejects if that cannot be known. */
  async ready(): Promise<void> {
    await this.#rereading;
    if (this.#failure) throw this.#failure;
  }

  /** Takes note of inputs of the files, which are handed out. */
  read(lines: Lines): void {
    this.#read += lines.length;
    if (this.#known) this.#learn(lines);
  }

  /** Whether it keeps a settled block of a file. It then calls `release` once it does not any more. */
  keeps(lines: Lines, release: () => void): boolean {
    if (!this.#kept || this.#known) return false;
    this.#keptBytes += lines.bytes.length;
    this.#kept.push({ lines, release });
    if (this.#keptBytes > MAX_KEPT) this.#forget();
    return true;
  }

  /** Takes the inputs that a task has handed in. `open` has the blocks of the files that have not settled. */
  add(texts: string[], open: () => Lines[]): void {
    if (!this.#known && !this.#init.revisit) this.#begin(open);
    if (this.#late) this.#late = this.#late.concat(texts);
    else this.#accept(texts);
  }

  /** Takes out a block of at most `room` inputs. There must be one. `whole` is the index of the first among all inputs. */
  take(room: number, { whole }: { whole: number }): Sourced {
    const texts: string[] = [];
    const most = Math.min(room, MAX_BLOCK);
    while (texts.length < most && this.#waiting.size > 0) texts.push(this.#waiting.shift()!);
    const bytes = encoder.encode(`${texts.join("\n")}\n`);
    this.handedOut += texts.length;
    return {
      lines: new Lines(bytes, texts.length),
      number: whole + 1,
      whole,
      size: 0,
      memory: { bytes, left: texts.length },
      source: TASKS,
    };
  }

  #begin(open: () => Lines[]): void {
    this.#known = new Distinct();
    const kept = this.#kept;
    if (!kept) {
      this.#late = [];
      this.#rereading = this.#readAgain(this.#read).catch((error) => void (this.#failure = error));
      return;
    }
    for (const { lines } of kept) this.#learn(lines);
    for (const lines of open()) this.#learn(lines);
    this.#forget();
  }

  async #readAgain(count: number): Promise<void> {
    for await (const lines of this.#init.readAgain(count)) this.#learn(lines);
    const late = this.#late!;
    this.#late = undefined;
    this.#accept(late);
  }

  #learn(lines: Lines): void {
    for (const line of lines.toArray()) this.#known!.add(this.#contentOf(line));
  }

  #accept(texts: string[]): void {
    for (const text of texts) {
      if (this.#known?.add(this.#contentOf(text)) ?? true) this.#waiting.push(text);
    }
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
