/** Writes lines to a file descriptor: in large writes when there are many lines, and soon when there are few. */

import { joined } from "../../wire/bytes.ts";
import { freeMemory } from "../../wire/lines.ts";
import { writeSome } from "../stdio/stdio.ts";
import type { Packing } from "./packing.ts";

/** Number of characters and bytes that are written at once. A guess: a larger write costs little more. */
const WRITE_SIZE = 64 * 1024;

/** Number of characters and bytes from which the caller has to wait for the file. It limits memory. */
const MAX_WAITING = 1024 * 1024;

/** How long a line waits for others, in milliseconds. A guess: shorter, short lines have a write each; longer, a reader waits. */
const WRITE_DELAY = 3;

/** How long bytes stay in a compressor, in milliseconds. A guess: each flush adds a few bytes to the archive. */
const FLUSH_DELAY = 1_000;

const encoder = new TextEncoder();

/** Writes text to a file descriptor. After a failure, drops everything that is added. */
export class TextWriter {
  readonly #fd: number;
  readonly #packing: Packing | undefined;
  readonly #onFailure: (error: NodeJS.ErrnoException) => void;
  /** Lines that wait. They are joined when they are written, because text that grows line by line is copied each time. */
  #lines: string[] = [];
  #bytes: Uint8Array[] = [];
  #length = 0;
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #packTimer: ReturnType<typeof setTimeout> | undefined;
  #isFlushDue = false;
  #failed = false;

  /**
   * @param fd the file descriptor
   * @param onFailure called once, if nothing more can be written
   * @param packing compresses the file
   */
  constructor(fd: number, onFailure: (error: NodeJS.ErrnoException) => void, packing?: Packing) {
    this.#fd = fd;
    this.#packing = packing;
    this.#onFailure = onFailure;
  }

  /** Adds a line. If it returns a promise, the caller must await it before it adds more. */
  line(text: string): Promise<void> | undefined {
    if (this.#failed) return undefined;
    this.#lines.push(text);
    return this.#added(text.length + 1);
  }

  /** Adds lines with their newlines, and frees the bytes. A returned promise must be awaited before more is added. */
  lines(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failed) return undefined;
    this.#encode();
    this.#bytes.push(bytes);
    return this.#added(bytes.length);
  }

  /** Adds text without a newline. A returned promise must be awaited before more is added. */
  text(text: string): Promise<void> | undefined {
    return text === "" ? undefined : this.lines(encoder.encode(text));
  }

  #added(length: number): Promise<void> | undefined {
    this.#length += length;
    if (this.#length < WRITE_SIZE) {
      this.#timer ??= setTimeout(this.#onTimer, WRITE_DELAY);
      return undefined;
    }
    this.#start();
    return this.#length > MAX_WAITING ? this.#writing : undefined;
  }

  /** Resolves when everything is written, or cannot be written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#length > 0 || this.#writing) {
      this.#start();
      await this.#writing;
    }
  }

  /** Resolves when everything is written, and an archive is ended. */
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

  async #write(): Promise<void> {
    await this.#try(async () => {
      while ((this.#length > 0 || this.#isFlushDue) && !this.#failed) {
        this.#encode();
        const pieces = this.#bytes;
        this.#clear();
        const bytes = pieces.length === 1 ? pieces[0] : joined(pieces);
        await writeAll(this.#fd, this.#packing ? await this.#packed(bytes) : bytes);
        pieces.forEach(freeMemory);
      }
    });
  }

  async #packed(bytes: Uint8Array): Promise<Uint8Array> {
    const packing = this.#packing!;
    const packed = bytes.length > 0 ? await packing.push(bytes) : bytes;
    if (!this.#isFlushDue) {
      this.#packTimer ??= setTimeout(this.#onPackTimer, FLUSH_DELAY);
      return packed;
    }
    this.#isFlushDue = false;
    return joined([packed, await packing.flush()]);
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
    this.#bytes.push(encoder.encode(`${this.#lines.join("\n")}\n`));
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
