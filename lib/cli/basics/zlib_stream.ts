/** A compressor or decompressor of the runtime, with promises. */

/** What the streams of all runtimes have in common. */
interface Stream {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  write(bytes: Uint8Array, done: () => void): unknown;
  flush(kind: number, done: () => void): unknown;
  end(): unknown;
  close(): unknown;
  readonly bytesWritten: number;
}

export class ZlibStream {
  readonly #stream: Stream;
  readonly #ended = Promise.withResolvers<void>();
  #out: Uint8Array[] = [];

  constructor(create: () => unknown) {
    this.#stream = create() as Stream;
    this.#stream.on("data", (bytes) => this.#out.push(bytes));
    this.#stream.on("error", this.#ended.reject);
    this.#stream.on("end", this.#ended.resolve);
    // The next call reports it.
    this.#ended.promise.catch(() => {});
  }

  /** Takes bytes, which must not change meanwhile. The result is added to `out`, also if this throws. */
  push(bytes: Uint8Array, out: Uint8Array[]): Promise<void> {
    return this.#after(new Promise((done) => this.#stream.write(bytes, done)), out);
  }

  /** Adds to `out` what a reader needs for all bytes so far. `kind`: a constant of zlib. */
  flush(kind: number, out: Uint8Array[]): Promise<void> {
    return this.#after(new Promise((done) => this.#stream.flush(kind, done)), out);
  }

  /** Ends the stream. Throws if data is missing. */
  end(out: Uint8Array[]): Promise<void> {
    this.#stream.end();
    return this.#after(this.#ended.promise, out);
  }

  get used(): number {
    return this.#stream.bytesWritten;
  }

  close(): void {
    this.#stream.close();
  }

  async #after(done: Promise<void>, out: Uint8Array[]): Promise<void> {
    try {
      await Promise.race([done, this.#ended.promise]);
    } finally {
      out.push(...this.#out.filter(({ length }) => length > 0));
      this.#out = [];
    }
  }
}
