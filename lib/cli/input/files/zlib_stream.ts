/** A decompressor of the runtime, with promises. */

/** What the decompressors of all runtimes have in common. */
interface Decompressor {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  write(bytes: Uint8Array, done: () => void): unknown;
  end(): unknown;
  close(): unknown;
  /** Number of bytes that it has used. */
  readonly bytesWritten: number;
}

/** One stream of compressed data. */
export class ZlibStream {
  readonly #stream: Decompressor;
  readonly #ended = Promise.withResolvers<void>();
  #out: Uint8Array[] = [];

  constructor(create: () => unknown) {
    this.#stream = create() as Decompressor;
    this.#stream.on("data", (bytes) => this.#out.push(bytes));
    this.#stream.on("error", this.#ended.reject);
    this.#stream.on("end", this.#ended.resolve);
    // `push` and `end` report it.
    this.#ended.promise.catch(() => {});
  }

  /** Decompresses bytes. The result is added to `out`, also if this throws. */
  async push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#stream.write(bytes, resolve));
    try {
      await Promise.race([taken, this.#ended.promise]);
    } finally {
      this.#take(out);
    }
  }

  /** Ends the stream. Throws if data is missing. */
  async end(out: Uint8Array[]): Promise<void> {
    this.#stream.end();
    try {
      await this.#ended.promise;
    } finally {
      this.#take(out);
    }
  }

  /** Number of bytes that the stream has used. */
  get used(): number {
    return this.#stream.bytesWritten;
  }

  /** Frees the stream. */
  close(): void {
    this.#stream.close();
  }

  #take(out: Uint8Array[]): void {
    out.push(...this.#out.filter(({ length }) => length > 0));
    this.#out = [];
  }
}
