/**
 * Wraps help texts to the width of the terminal. Texts are written for 100 columns. In fewer columns, paragraphs and
 * descriptions are wrapped again, and code continues on the next line with more indentation.
 */

/** Additional indentation of code that continues on the next line, in columns. */
const FURTHER = 4;

/** Minimum number of columns for text. In fewer columns, nothing is wrapped better. */
const LEAST = 20;

/** A row of a table: a name, at least two spaces, and a description. */
const ROW = /^( *\S+(?: \S+)*? {2,})(\S.*)$/;

interface Piece {
  /** The beginning of the first line, before the text. */
  head: string;
  indent: number;
  text: string;
  lines: string[];
}

/** Wraps a text. No line is longer than `columns`, unless a single word is. */
export function wrapped(text: string, columns: number): string {
  return piecesOf(text.split("\n")).flatMap((piece) => linesOf(piece, Math.max(LEAST, columns))).join("\n");
}

function piecesOf(lines: string[]): Piece[] {
  const pieces: Piece[] = [];
  for (const line of lines) {
    const last = pieces.at(-1);
    if (last && goesOn(last, line)) {
      last.text += ` ${line.trim()}`;
      last.lines.push(line);
    } else pieces.push(pieceOf(line));
  }
  return pieces;
}

function pieceOf(line: string): Piece {
  const row = ROW.exec(line);
  if (row) return { head: row[1], indent: row[1].length, text: row[2], lines: [line] };
  const [head] = /^ */.exec(line)!;
  // A paragraph continues in its first column; code is indented further.
  return { head, indent: head.length + (head ? FURTHER : 0), text: line.slice(head.length), lines: [line] };
}

/** Whether a line continues the piece above it: a paragraph, or the description beside a name. */
function goesOn({ head, indent, lines }: Piece, line: string): boolean {
  const isParagraph = head === "" && lines[0] !== "" && !lines[0].endsWith(":");
  if (isParagraph) return /^\S/.test(line) && !ROW.test(line);
  const isBeside = head.trim() !== "" && indent > FURTHER;
  return isBeside && line.search(/\S/) === indent;
}

function linesOf({ head, indent, text, lines }: Piece, columns: number): string[] {
  if (lines.every((line) => line.length <= columns)) return lines;
  // If a long name leaves too little room, it has a line for itself.
  const isNarrow = columns - indent < LEAST && head.trim() !== "";
  const margin = isNarrow ? FURTHER + /^ */.exec(head)![0].length : indent;
  const out = isNarrow ? linesOf(pieceOf(head.trimEnd()), columns) : [];
  let line = isNarrow ? " ".repeat(margin) : head;
  let isFresh = true;
  for (const word of text.split(" ")) {
    if (!isFresh && line.length + 1 + word.length > columns) {
      out.push(line.trimEnd());
      line = " ".repeat(margin) + word;
    } else {
      line += isFresh ? word : ` ${word}`;
    }
    isFresh = false;
  }
  return [...out, line.trimEnd()];
}
