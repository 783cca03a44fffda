/**
 * Lines → a file, in big writes when there is much and soon when there is little. One writes the
 * results, one the failed inputs.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { freeMemory } from "../../wire/lines.ts";
import { writeSome as writeOnce } from "../stdio/stdio.ts";
import type { Packing } from "./packing.ts";

/** A write is worth its cost from this many characters on. */
const ENOUGH = 64 * 1024;

/** More characters than this are not held back: the caller waits. */
const TOO_MUCH = 1024 * 1024;

/** How long a line may wait for others, in milliseconds. */
const PATIENCE = 3;

/** How long what was written may lie in a compressor, in milliseconds. Each flush costs a few bytes. */
const PACKING_PATIENCE = 1_000;

/** Writes text to a file descriptor. After a failure it drops what it is given. */
export class TextWriter {
  readonly #fd: number;
  readonly #packing: Packing | undefined;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  /** Joined only when they are written: text that grows by a line at a time is copied many times over. */
  #lines: string[] = [];
  /** What stands before them. */
  #bytes: Uint8Array[] = [];
  /** The characters and bytes in both, newlines included. */
  #length = 0;
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the wait of what lies in the compressor. */
  #packTimer: ReturnType<typeof setTimeout> | undefined;
  #isFlushDue = false;
  #failed = false;

  /** `onFailure` is told once why nothing more can be written. With `packing`, the file is an archive. */
  constructor(fd: number, onFailure: (error: NodeJS.ErrnoException) => void, packing?: Packing) {
    this.#fd = fd;
    this.#packing = packing;
    this.#onFailure = onFailure;
  }

  /** Adds a line. Wait for what it returns, if it returns anything, before the next. */
  line(text: string): Promise<void> | undefined {
    if (this.#failed) return undefined;
    this.#lines.push(text);
    return this.#added(text.length + 1);
  }

  /** Adds whole lines. The bytes are not the caller's any more. */
  lines(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failed) return undefined;
    this.#encode();
    this.#bytes.push(bytes);
    return this.#added(bytes.length);
  }

  /** Adds text as it is, without a newline of its own. */
  text(text: string): Promise<void> | undefined {
    return text === "" ? undefined : this.lines(Buffer.from(text));
  }

  #added(length: number): Promise<void> | undefined {
    this.#length += length;
    if (this.#length < ENOUGH) {
      this.#timer ??= setTimeout(this.#onTimer, PATIENCE);
      return undefined;
    }
    this.#start();
    return this.#length > TOO_MUCH ? this.#writing : undefined;
  }

  /** Resolves when all that was added is written, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#length > 0 || this.#writing) {
      this.#start();
      await this.#writing;
    }
  }

  /** The same, for the last time. */
  async finish(): Promise<void> {
    await this.flush();
    clearTimeout(this.#packTimer);
    if (!this.#packing || this.#failed) return;
    await this.#try(async () => await writeAll(this.#fd, await this.#packing!.end()));
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#start();
  };

  readonly #onPackTimer = (): void => {
    this.#packTimer = undefined;
    this.#isFlushDue = true;
    this.#start();
  };

  #start(): void {
    this.#writing ??= this.#write().finally(() => this.#writing = undefined);
  }

  /** Writes until nothing is left, what is added meanwhile included. */
  async #write(): Promise<void> {
    await this.#try(async () => {
      while ((this.#length > 0 || this.#isFlushDue) && !this.#failed) {
        this.#encode();
        const pieces = this.#bytes;
        this.#clear();
        const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
        await writeAll(this.#fd, this.#packing ? await this.#packed(bytes) : bytes);
        pieces.forEach(freeMemory);
      }
    });
  }

  /** What comes out when these go in, and with it all that went in before, where it has lain there long enough. */
  async #packed(bytes: Uint8Array): Promise<Uint8Array> {
    const packing = this.#packing!;
    const packed = bytes.length > 0 ? await packing.push(bytes) : bytes;
    if (!this.#isFlushDue) {
      this.#packTimer ??= setTimeout(this.#onPackTimer, PACKING_PATIENCE);
      return packed;
    }
    this.#isFlushDue = false;
    return Buffer.concat([packed, await packing.flush()]);
  }

  async #try(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#failed = true;
      this.#clear();
      this.#onFailure(error as NodeJS.ErrnoException);
    }
  }

  #encode(): void {
    if (this.#lines.length === 0) return;
    this.#bytes.push(Buffer.from(`${this.#lines.join("\n")}\n`));
    this.#lines = [];
  }

  #clear(): void {
    this.#lines = [];
    this.#bytes = [];
    this.#length = 0;
  }
}

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await writeSome(fd, rest));
}

async function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await writeOnce(fd, bytes);
    } catch (error) {
      // A pipe that another program set to non-blocking says so instead of waiting.
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
