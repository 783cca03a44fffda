/**
 * The places of inputs: their files, their lines, and their indices among all inputs. The executor and its outcomes name an input
 * by its index among those that were handed out. The two indices differ if a selection leaves some out, or if tasks hand in inputs.
 */

import type { AddedInputs } from "./added_inputs.ts";
import type { BlockReader, ReadInput } from "./block_reader.ts";
import type { OpenInputs } from "./open_inputs.ts";
import { indexIn, numberIn, type Origin, originIn } from "./origin.ts";

interface PlacesInit {
  input: ReadInput;
  reader: BlockReader;
  open: OpenInputs;
  added: AddedInputs | undefined;
}

export class Places {
  readonly #init: PlacesInit;
  /** Whether a selection leaves out inputs of the files. */
  readonly #selects: boolean;

  constructor(init: PlacesInit) {
    this.#init = init;
    this.#selects = init.input.selection !== undefined;
  }

  /** The index of an input in the output, which has come to its place. */
  finalIndexOf(index: number): number {
    const { reader, added } = this.#init;
    const place = added?.queue.placeOf(index);
    if (place === undefined) return this.wholeOf(index);
    return place + (this.#selects ? reader.seen : added!.queue.callers);
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
    const { input: { files, format }, open } = this.#init;
    const origin = originIn(open.find(index), index, { format, several: files.length > 1 });
    return { ...origin, index: this.wholeOf(index) };
  }

  /** Whether an input, by its index among those that were handed out, is not forgotten yet. */
  has(index: number): boolean {
    return this.#init.open.find(index) !== undefined;
  }

  /** The file and line of an input that has not settled, and its index among all inputs. */
  placeOf(index: number): { file: string; line: number; whole: number } {
    const block = this.#init.open.find(index);
    if (!block) return { file: this.#init.reader.name, line: index + 1, whole: index };
    return { file: block.source.name, line: numberIn(block, index), whole: this.wholeOf(index) };
  }

  /** The index among all inputs of an input that has not settled. */
  wholeOf(index: number): number {
    // Without a selection, they differ only if inputs of tasks come before the last one of the files.
    if (!this.#selects) return index;
    const block = this.#init.open.find(index);
    return block ? indexIn(block, index - block.index) : index;
  }

  /** The line number of an input that has not settled. Numbers go on from file to file. */
  numberOf(index: number): number {
    return this.numbersFrom(index)(0);
  }

  /** The line number of the `n`-th input from `index` on, which has not settled, and was handed out together with it. */
  numbersFrom(index: number): (n: number) => number {
    const block = this.#init.open.find(index);
    if (!block) return (n) => index + n + 1;
    const { source: { linesBefore } } = block;
    return (n) => linesBefore + numberIn(block, index + n);
  }
}
