/**
 * Splits text of whole lines into the rows of a CSV, as Python's `csv` and spreadsheets do. A value that begins with a
 * quote ends at the next quote that is not doubled, and may contain separators and newlines. Any other quote is a part of
 * its value.
 *
 * Ours and not a package's: those that there are want bytes behind a row before they give it, put replacement characters
 * where bytes are not UTF-8, and take three times as long.
 *
 * @module
 */

/** A row, and how it lies in the file. */
export interface CsvRow {
  values: string[];
  /** How many lines it takes. */
  lines: number;
  /** The line itself, if no value is in quotes. */
  text: string | undefined;
}

/** A row of which a part was read. */
interface OpenRow {
  values: string[];
  /** The pieces of the value that is in quotes, if one is. */
  pieces: string[] | undefined;
}

/** Takes the rows of one file apart. */
export class CsvRows {
  /** What stands between values. */
  separator: string;
  /** Is told of each row when its end is there; of an empty line, `undefined`. */
  readonly #onRow: (row: CsvRow | undefined) => void;
  /** The row that is open within quotes; nothing between rows. */
  #open: OpenRow | undefined;
  /** The characters that it has within quotes. */
  #openLength = 0;
  /** Whether a `\r` was the last character: a `\n` that follows belongs to it. */
  #afterReturn = false;

  constructor(separator: string, onRow: (row: CsvRow | undefined) => void) {
    this.separator = separator;
    this.#onRow = onRow;
  }

  /** How many characters are in the quotes of a row that is not closed yet; nothing between rows. */
  get openLength(): number | undefined {
    return this.#open && this.#openLength;
  }

  /** Takes whole lines; only the last one of a file may lack its end. */
  push(text: string): void {
    if (text === "") return;
    let at = this.#afterReturn && text[0] === "\n" && !this.#open ? 1 : 0;
    this.#afterReturn = text.endsWith("\r");
    const next = new Next(text);
    if (this.#open) at = this.#row(text, at, next, this.#open);
    while (at < text.length) {
      const end = next.lineEnd(at);
      if (next.quote(at) < end) {
        at = this.#row(text, at, next, { values: [], pieces: undefined });
        continue;
      }
      if (end === at) this.#onRow(undefined);
      else {
        const line = text.slice(at, end);
        this.#onRow({ values: line.split(this.separator), lines: 1, text: line });
      }
      at = afterLineEnd(text, end);
    }
  }

  /** A row that has a quote somewhere, or the rest of one, value by value. Returns where the next row begins. */
  #row(text: string, at: number, next: Next, { values, pieces }: OpenRow): number {
    this.#open = undefined;
    for (;;) {
      if (pieces === undefined && text[at] === '"') {
        pieces = [];
        at++;
      }
      if (pieces) {
        const closed = this.#takeQuoted(text, at, next, pieces);
        if (closed === undefined) {
          this.#open = { values, pieces };
          return text.length;
        }
        at = closed;
      }
      // What stands behind a closing quote belongs to the value, as it does for others.
      const end = next.valueEnd(at, this.separator);
      const rest = text.slice(at, end);
      values.push(pieces ? pieces.join("") + rest : rest);
      pieces = undefined;
      if (text[end] !== this.separator) return this.#rowEnds(text, end, values);
      at = end + 1;
    }
  }

  /** What stands within quotes. Returns the place behind the closing one, if it is there. */
  #takeQuoted(text: string, at: number, next: Next, pieces: string[]): number | undefined {
    for (;;) {
      const quote = next.quote(at);
      const end = Math.min(quote, text.length);
      pieces.push(text.slice(at, end));
      this.#openLength += end - at;
      if (quote === Infinity) return undefined;
      if (text[quote + 1] !== '"') return quote + 1;
      pieces.push('"');
      at = quote + 2;
    }
  }

  #rowEnds(text: string, end: number, values: string[]): number {
    this.#openLength = 0;
    this.#onRow({ values, lines: 1 + newlinesIn(values), text: undefined });
    return afterLineEnd(text, end);
  }
}

/** Where the next of some characters is, each looked for only once. */
class Next {
  readonly #text: string;
  #quote = -1;
  #newline = -1;
  #return = -1;
  #separator = -1;

  constructor(text: string) {
    this.#text = text;
  }

  quote(at: number): number {
    if (this.#quote < at) this.#quote = this.#find('"', at);
    return this.#quote;
  }

  lineEnd(at: number): number {
    if (this.#newline < at) this.#newline = this.#find("\n", at);
    if (this.#return < at) this.#return = this.#find("\r", at);
    return Math.min(this.#newline, this.#return, this.#text.length);
  }

  valueEnd(at: number, separator: string): number {
    if (this.#separator < at) this.#separator = this.#find(separator, at);
    return Math.min(this.#separator, this.lineEnd(at));
  }

  #find(what: string, at: number): number {
    const found = this.#text.indexOf(what, at);
    return found === -1 ? Infinity : found;
  }
}

function afterLineEnd(text: string, end: number): number {
  return text[end] === "\r" && text[end + 1] === "\n" ? end + 2 : end + 1;
}

function newlinesIn(values: string[]): number {
  let count = 0;
  for (const value of values) {
    if (value.includes("\n") || value.includes("\r")) count += value.match(/\r\n|\n|\r/g)!.length;
  }
  return count;
}
