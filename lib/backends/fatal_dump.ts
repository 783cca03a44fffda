/**
 * Tells what a worker's process writes to stderr from what V8 writes there while it dies: pages about its heap,
 * which say no more to a reader than that the memory was used up.
 *
 * @module
 */

/** Each begins a line and with it V8's dump: Node's and Deno's. */
const MARKERS = ["\n<--- Last few GCs --->", "<--- Last few GCs --->", "FATAL ERROR: ", "#\n# Fatal "];

const LONGEST = Math.max(...MARKERS.map((marker) => marker.length));

/** What may yet become such a line is forwarded after so many milliseconds. */
const DOUBT = 50;

/** A process that lives this long after such a line, in milliseconds, wrote it itself. */
const PATIENCE = 1_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Forwards a worker's stderr byte by byte, except for a dump, which it keeps. */
export class FatalDump {
  readonly #forward: (bytes: string | Uint8Array) => void;
  /** Bytes as characters of one byte each: markers are plain ASCII, the rest may be anything. */
  #held = "";
  #atLineStart = true;
  #dumping = false;
  #outOfMemory = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(forward: (bytes: Uint8Array) => void) {
    this.#forward = (bytes) => forward(typeof bytes === "string" ? toBytes(bytes) : bytes);
  }

  /** Whether a dump said that the memory was used up; also if it took so long to write that it was let through. */
  get outOfMemory(): boolean {
    return this.#outOfMemory;
  }

  /** Takes what the process wrote. */
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

  /** Forwards what is kept: it was no dump, or one that says something else. */
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

  /** Where a dump begins, or what may turn out as one once more has arrived; the text's end if nowhere. */
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
  // What is ASCII, nearly always, has a fast way.
  if (bytes.every((byte) => byte < 128)) return decoder.decode(bytes);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function toBytes(text: string): Uint8Array {
  // deno-lint-ignore no-control-regex -- ASCII begins with them.
  if (/^[\x00-\x7f]*$/.test(text)) return encoder.encode(text);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
