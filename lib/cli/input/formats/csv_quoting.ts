/**
 * The quoting rules of CSV input, as Python's `csv` and spreadsheets have them:
 *
 * - A row ends in `\n`, `\r\n` or `\r`. An empty line is no row.
 * - A value that begins with a quote ends at the next quote that is not doubled. It may contain separators and newlines.
 * - Two quotes in such a value are one.
 * - Any other quote is a part of its value, also one behind a closing quote: `"a"b` is `ab`.
 *
 * No package is used. The existing packages return a row only when more bytes follow, put replacement characters where bytes are not
 * UTF-8, and take three times as long.
 */

export interface CsvRow {
  values: string[];
  /** Number of lines that it takes. */
  lines: number;
  /** The whole line, if no value is in quotes. */
  text: string | undefined;
}

/** A row whose end is missing. */
interface OpenRow {
  values: string[];
  /** The pieces of the value that is in quotes, if one is. */
  pieces: string[] | undefined;
}

/** Splits the text of one file into rows and values. */
export class CsvRows {
  /** The character between values. */
  separator: string;
  /** Called for each row when its end is there; for an empty line, with undefined. */
  readonly #onRow: (row: CsvRow | undefined) => void;
  /** The row that ends within quotes so far. */
  #open: OpenRow | undefined;
  /** Number of its characters within quotes. */
  #openLength = 0;
  /** Whether the last character was a `\r`. A `\n` that follows belongs to it. */
  afterReturn = false;

  constructor(separator: string, onRow: (row: CsvRow | undefined) => void) {
    this.separator = separator;
    this.#onRow = onRow;
  }

  /** Number of characters within the quotes of a row that is not closed; undefined between rows. */
  get openLength(): number | undefined {
    return this.#open && this.#openLength;
  }

  /** Takes whole lines. Only the last line of a file may lack its end. */
  push(text: string): void {
    if (text === "") return;
    let at = this.afterReturn && text[0] === "\n" && !this.#open ? 1 : 0;
    this.afterReturn = text.endsWith("\r");
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

  /** Reads a row with a quote, or the rest of one, value by value. Returns where the next row begins. */
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
      const end = next.valueEnd(at, this.separator);
      const rest = text.slice(at, end);
      values.push(pieces ? pieces.join("") + rest : rest);
      pieces = undefined;
      if (text[end] !== this.separator) return this.#rowEnds(text, end, values);
      at = end + 1;
    }
  }

  /** Reads a value up to its closing quote. Returns the place behind it; undefined if it is missing. */
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

/** Finds the next place of some characters. Each place is searched once. */
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
