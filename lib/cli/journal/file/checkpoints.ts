/**
 * Copies the journal's log into its file in a separate thread, so that the run does not wait for the disk. SQLite allows this
 * while the main thread writes on.
 *
 * Without the thread, or if it falls behind, SQLite copies the log within a transaction (`LOG_PAGES` in `journal_file.ts`). Then
 * it also begins the log anew, because it only does this when nothing is left to copy.
 */

import { Step } from "../helper/requests.ts";
import { type HelperThread, startHelper } from "../helper/thread.ts";

/** Bytes that are written to the log between two copies. A guess: with less, the disk is waited for more often. */
const INTERVAL = 16 * 1024 * 1024;

export class Checkpoints {
  readonly #file: string;
  readonly #step = new Int32Array(new SharedArrayBuffer(4));
  #thread: HelperThread | undefined;
  #bytes = 0;

  /** @param file the path by which the journal is open */
  constructor(file: string) {
    this.#file = file;
  }

  /** Takes note of bytes that were written to the log. */
  wrote(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < INTERVAL || !this.#change(Step.idle, Step.asked)) return;
    this.#bytes = 0;
    // If the thread fails, its step stays "asked", and it is not asked again.
    this.#thread ??= startHelper("journal's log", () => {}, () => {});
    this.#thread.post({ file: this.#file, step: this.#step.buffer });
  }

  /** Waits until the thread does not have the file open, and ends it. */
  stop(): void {
    if (!this.#change(Step.asked, Step.idle)) Atomics.wait(this.#step, 0, Step.running);
    this.#thread?.stop();
  }

  #change(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#step, 0, from, to) === from;
  }
}
