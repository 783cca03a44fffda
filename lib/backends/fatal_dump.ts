/**
 * Separates what a worker's process prints to stderr from what V8 writes there when it dies: pages about its heap, which
 * only say that the memory was used up.
 *
 * @module
 */

/** The beginnings of V8's dump, each at the start of a line: Node's and Deno's. */
const MARKERS = ["\n<--- Last few GCs --->", "<--- Last few GCs --->", "FATAL ERROR: ", "#\n# Fatal "];

const LONGEST = Math.max(...MARKERS.map((marker) => marker.length));

/** Milliseconds after which the start of a possible marker is forwarded. A guess: a dump is written faster. */
const DOUBT = 50;

/** Milliseconds after which a process that still lives has written the marker itself. A guess: V8 dies sooner. */
const PATIENCE = 1_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Forwards a worker's stderr byte by byte, except for a dump, which it keeps. */
export class FatalDump {
  readonly #forward: (bytes: string | Uint8Array) => void;
  /** Bytes that are kept, as characters of one byte each. */
  #held = "";
  #atLineStart = true;
  #dumping = false;
  #outOfMemory = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(forward: (bytes: Uint8Array) => void) {
    this.#forward = (bytes) => forward(typeof bytes === "string" ? toBytes(bytes) : bytes);
  }

  /** Whether a dump said that the memory was used up, also if that dump was forwarded meanwhile. */
  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  /** Takes bytes that the process wrote. */
  push(bytes: Uint8Array): void {
    const text = this.#held + toText(bytes);
    this.#held = "";
    if (this.#dumping) {
      this.#hold(text);
      return;
    }
    const cut = this.#cut(text);
    if (cut === text.length && text.length === bytes.length) this.#forward(bytes);
    else if (cut > 0) this.#forward(text.slice(0, cut));
    if (cut > 0) this.#atLineStart = text[cut - 1] === "\n";
    if (cut === text.length) return;
    const rest = text.slice(cut);
    this.#dumping = MARKERS.some((marker) => rest.startsWith(marker));
    this.#hold(rest);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), this.#dumping ? PATIENCE : DOUBT);
  }

  /** Forwards what is kept, because it is no dump or says something else. */
  release(): void {
    const held = this.#held;
    this.drop();
    if (held === "") return;
    this.#forward(held);
    this.#atLineStart = held.endsWith("\n");
  }

  /** Forgets what is kept. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#held = "";
    this.#dumping = false;
  }

  #hold(text: string): void {
    this.#held = text;
    if (this.#dumping && /out of memory|heap limit/i.test(text)) this.#outOfMemory = true;
  }

  /** Where a dump begins, or may begin; the end of the text if nowhere. */
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

/** One character per byte. */
function toText(bytes: Uint8Array): string {
  // Output is nearly always ASCII, which has a fast way.
  if (bytes.every((byte) => byte < 128)) return decoder.decode(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function toBytes(text: string): Uint8Array {
  // deno-lint-ignore no-control-regex -- ASCII begins with them.
  if (/^[\x00-\x7f]*$/.test(text)) return encoder.encode(text);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
