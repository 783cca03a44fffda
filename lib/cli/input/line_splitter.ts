/**
 * Bytes → lines. Decodes all the whole lines of a chunk at once, and one by one only where some bytes
 * are no UTF-8, so that a bad line is known by itself.
 *
 * @module
 */

/** A line: text, or its bytes where they are not valid UTF-8. */
export type Line = string | Uint8Array;

const NEWLINE = 10;
const RETURN = 13;

/** Splits at `\n`; strips one `\r` before it and a byte order mark at the very start. */
export class LineSplitter {
  // Decodes without state: every call is given whole lines. `ignoreBOM` keeps a mark that is not at the start.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  // Copies are made by `new Uint8Array`: `slice` of a Buffer shares its memory.
  /** What came after the last newline, in pieces, so that a line of many chunks is joined only once. */
  #rest: Uint8Array[] = [];
  #atStart = true;

  /** The lines that this chunk completes. The chunk's memory may be used again afterwards. */
  push(chunk: Uint8Array): Line[] {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last === -1) {
      if (chunk.length > 0) this.#rest.push(new Uint8Array(chunk));
      return [];
    }
    const whole = this.#join(chunk.subarray(0, last));
    if (last + 1 < chunk.length) this.#rest.push(new Uint8Array(chunk.subarray(last + 1)));
    return this.#split(whole);
  }

  /** The last line, where it does not end in a newline. */
  end(): Line[] {
    if (this.#rest.length === 0) return [];
    const bytes = this.#join(new Uint8Array(0));
    // A file that is a mark and nothing else has no line.
    if (this.#atStart && hasMark(bytes) && bytes.length === 3) return [];
    return this.#split(bytes);
  }

  #join(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    const pieces = [...this.#rest, bytes];
    this.#rest = [];
    const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let offset = 0;
    for (const piece of pieces) {
      joined.set(piece, offset);
      offset += piece.length;
    }
    return joined;
  }

  #split(bytes: Uint8Array): Line[] {
    if (this.#atStart && hasMark(bytes)) bytes = bytes.subarray(3);
    this.#atStart = false;
    const text = this.#decode(bytes);
    if (text === undefined) return this.#splitBytes(bytes);
    const lines = text.split("\n");
    if (!text.includes("\r")) return lines;
    return lines.map((line) => (line.charCodeAt(line.length - 1) === RETURN ? line.slice(0, -1) : line));
  }

  /** Line by line, because somewhere in these bytes is a line that cannot be decoded. */
  #splitBytes(bytes: Uint8Array): Line[] {
    const lines: Line[] = [];
    for (let start = 0; start <= bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const next = newline === -1 ? bytes.length : newline;
      const end = next > start && bytes[next - 1] === RETURN ? next - 1 : next;
      const line = bytes.subarray(start, end);
      lines.push(this.#decode(line) ?? new Uint8Array(line));
      start = next + 1;
    }
    return lines;
  }

  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }
}

function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
