/**
 * Wraps help texts to the width of the terminal. Texts are written for 100 columns. In fewer columns, paragraphs and
 * descriptions are wrapped again, and code continues on the next line with more indentation.
 *
 * @module
 */

/** What goes on in the next line is so much further in. */
const FURTHER = 4;

/** In fewer columns there is nothing to be done. */
const LEAST = 20;

/** A row of a table: indented or not, a name, two spaces at least, and what is said of it. */
const ROW = /^( *\S+(?: \S+)*? {2,})(\S.*)$/;

/** Lines that belong together. */
interface Piece {
  /** What stands before the text in its first line. */
  head: string;
  /** How far in its other lines are. */
  indent: number;
  text: string;
  /** The lines as they are. */
  lines: string[];
}

/** A text of several lines, none of them longer than `columns`, but for words that are. */
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
  // A paragraph goes on where it began; code does not.
  return { head, indent: head.length + (head ? FURTHER : 0), text: line.slice(head.length), lines: [line] };
}

/** Whether a line goes on with what stands above it: with a paragraph, or with what is said beside a name. */
function goesOn({ head, indent, lines }: Piece, line: string): boolean {
  const isParagraph = head === "" && lines[0] !== "" && !lines[0].endsWith(":");
  if (isParagraph) return /^\S/.test(line) && !ROW.test(line);
  const isBeside = head.trim() !== "" && indent > FURTHER;
  return isBeside && line.search(/\S/) === indent;
}

function linesOf({ head, indent, text, lines }: Piece, columns: number): string[] {
  if (lines.every((line) => line.length <= columns)) return lines;
  // Beside a long name there may be too little room: then it has a line for itself.
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
