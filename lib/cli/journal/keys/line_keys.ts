/**
 * The keys of the lines of a run, in the order of the lines. In a long run, a thread makes them. Measured for a million lines of 64
 * bytes (Deno 2.9): it takes 0.45 s of CPU time, and the main thread 0.57 s for the rest of the journal.
 */

import type { Lines } from "../../../wire/lines.ts";
import { type HelperThread, startHelper } from "../helper/thread.ts";
import { KeyMaker } from "./key_maker.ts";

/**
 * Bytes of lines after which a thread makes the keys. A guess: the keys of these lines take twice the CPU time that the start of
 * the thread does.
 */
const LONG = 8 * 1024 * 1024;

export class LineKeys {
  /** Undefined once the thread makes the keys. */
  #maker: KeyMaker | undefined = new KeyMaker();
  #thread: HelperThread | undefined;
  #isReady = false;
  #bytes = 0;
  #made: PromiseWithResolvers<Uint32Array> | undefined;
  #failure: Error | undefined;

  /** The keys of the next lines. A promise of them has to settle before they are asked for again. */
  of(lines: Lines): Uint32Array | Promise<Uint32Array> {
    this.#bytes += lines.bytes.length;
    if (this.#bytes > LONG) this.#thread ??= this.#start();
    if (this.#isReady) this.#handOver();
    return this.#maker ? this.#maker.keysOf(lines) : this.#ask(lines);
  }

  stop(): void {
    this.#thread?.stop();
  }

  #start(): HelperThread {
    return startHelper<"ready" | Uint32Array>("journal's keys", (message) => {
      if (message === "ready") this.#isReady = true;
      else this.#made!.resolve(message);
    }, (error) => {
      this.#failure = error;
      this.#made?.reject(error);
    });
  }

  #handOver(): void {
    if (!this.#maker) return;
    const occurrences = this.#maker.occurrences.pack();
    this.#maker = undefined;
    this.#thread!.post({ occurrences }, [occurrences.entries.buffer]);
  }

  #ask(lines: Lines): Promise<Uint32Array> {
    if (this.#failure) throw this.#failure;
    this.#made = Promise.withResolvers();
    const packed = lines.pack();
    this.#thread!.post({ lines: packed }, [packed.bytes.buffer as ArrayBuffer]);
    return this.#made.promise;
  }
}
