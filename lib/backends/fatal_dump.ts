/**
 * Separates what a worker process prints to stderr from V8's dump when it dies. The dump is pages about the heap, which
 * say only that the memory was exhausted.
 */

/** The beginnings of V8's dump on Node and Deno, each at the start of a line. */
const MARKERS = ["\n<--- Last few GCs --->", "<--- Last few GCs --->", "FATAL ERROR: ", "#\n# Fatal "];

const LONGEST = Math.max(...MARKERS.map((marker) => marker.length));

/** Time after which the beginning of a possible marker is forwarded, in milliseconds. A guess: V8 writes a dump faster. */
const DOUBT = 50;

/** Time after which a process that still runs must have written the marker itself, in milliseconds. A guess: V8 dies sooner. */
const PATIENCE = 1_000;

/**
 * Time after which a dump that reports exhausted memory is forwarded, if the process still runs, in milliseconds. A guess: on a busy
 * machine, Deno takes seconds to write its own stack.
 */
const DYING = 10_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Forwards a worker's stderr byte by byte, except for a dump, which it keeps. */
export class FatalDump {
  readonly #forward: (bytes: string | Uint8Array) => void;
  /** The kept bytes, one character per byte. */
  #held = "";
  #atLineStart = true;
  #dumping = false;
  /** Whether the dump that is kept reports exhausted memory. */
  #isDying = false;
  #outOfMemory = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(forward: (bytes: Uint8Array) => void) {
    this.#forward = (bytes) => forward(typeof bytes === "string" ? toBytes(bytes) : bytes);
  }

  /** Whether a dump reported exhausted memory, even if that dump was forwarded meanwhile. */
  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  push(bytes: Uint8Array): void {
    const text = this.#held + toText(bytes);
    this.#held = "";
    if (this.#dumping) return this.#hold(text);
    const cut = this.#cut(text);
    if (cut === text.length && text.length === bytes.length) this.#forward(bytes);
    else if (cut > 0) this.#forward(text.slice(0, cut));
    if (cut > 0) this.#atLineStart = text[cut - 1] === "\n";
    if (cut === text.length) return;
    const rest = text.slice(cut);
    this.#dumping = MARKERS.some((marker) => rest.startsWith(marker));
    this.#releaseAfter(this.#dumping ? PATIENCE : DOUBT);
    this.#hold(rest);
  }

  /** Forwards the kept bytes, because they are not a dump of exhausted memory. */
  release(): void {
    const held = this.#held;
    this.drop();
    if (held === "") return;
    this.#forward(held);
    this.#atLineStart = held.endsWith("\n");
  }

  /** Discards the kept bytes. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#held = "";
    this.#dumping = this.#isDying = false;
  }

  #hold(text: string): void {
    this.#held = text;
    if (!this.#dumping || this.#isDying || !/out of memory|heap limit/i.test(text)) return;
    this.#isDying = this.#outOfMemory = true;
    this.#releaseAfter(DYING);
  }

  #releaseAfter(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), milliseconds);
  }

  /** Returns the index at which a dump begins or may begin; the end of the text if there is none. */
  #cut(text: string): number {
    for (
      let start = this.#atLineStart ? 0 : nextLine(text, 0);
      start < text.length;
      start = nextLine(text, start)
    ) {
      const rest = text.slice(start, start + LONGEST);
      if (MARKERS.some((marker) => rest.startsWith(marker) || marker.startsWith(rest))) return start;
    }
    return text.length;
  }
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end + 1;
}

/** Returns bytes as text, one character per byte. */
function toText(bytes: Uint8Array): string {
  // Output is nearly always ASCII, which can be decoded faster.
  if (bytes.every((byte) => byte < 128)) return decoder.decode(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function toBytes(text: string): Uint8Array {
  // deno-lint-ignore no-control-regex -- ASCII begins with control characters.
  if (/^[\x00-\x7f]*$/.test(text)) return encoder.encode(text);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
