/** The inputs that were handed out and have not settled, in blocks by index: their places, their number and their bytes. */

import type { Lines } from "../../wire/lines.ts";
import { lastFrom } from "../basics/bisect.ts";
import type { Open } from "./origin.ts";

export class OpenInputs {
  readonly #onClosed: (block: Open) => void;
  readonly #blocks: Open[] = [];
  size = 0;
  bytes = 0;

  /** @param onClosed called with each block whose inputs have all settled */
  constructor(onClosed: (block: Open) => void) {
    this.#onClosed = onClosed;
  }

  add(block: Open): void {
    this.#blocks.push(block);
    this.size += block.left;
    this.bytes += block.lines.bytes.length;
  }

  get ofFiles(): Lines[] {
    return this.#blocks.filter(({ source }) => !source.isAdded).map(({ lines }) => lines);
  }

  /** The block of an input; undefined if it has settled. */
  find(index: number): Open | undefined {
    const block = this.#blocks[lastFrom(index, this.#blocks.length, (at) => this.#blocks[at].index)];
    return block && index < block.index + block.lines.length ? block : undefined;
  }

  /** Forgets `count` inputs from `index` on, because they have settled. */
  settle(index: number, count: number): void {
    for (let left = count; left > 0;) {
      const block = this.find(index);
      if (!block) return;
      const some = Math.min(left, block.index + block.lines.length - index);
      block.left -= some;
      this.size -= some;
      if (block.left === 0) this.#close(block);
      index += some;
      left -= some;
    }
  }

  #close(block: Open): void {
    this.bytes -= block.lines.bytes.length;
    // Mostly the first: where results are in order, the others wait for it.
    if (block === this.#blocks[0]) this.#blocks.shift();
    else this.#blocks.splice(this.#blocks.indexOf(block), 1);
    this.#onClosed(block);
  }
}
