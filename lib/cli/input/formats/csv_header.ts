/** Reads the header of a CSV as column names. Every column gets a name, and no name occurs twice. */

import { plural } from "../../progress/format.ts";
import type { OtherRow } from "./csv_rows.ts";
import { BadFile } from "./splitter.ts";

/** Separators that a table may have instead of the expected one, and the flags that set them. */
const SEPARATORS: [separator: string, flag: string][] = [
  [";", "--separator ';'"],
  ["\t", "--from tsv"],
  ["|", "--separator '|'"],
  [",", "--separator ','"],
];

/** Maximum length of a name in a message, in characters. */
const LONGEST_SHOWN = 60;

interface CsvHeader {
  names: string[];
  notes: string[];
}

/** The names in a header's row. @throws {BadFile} if the names are not valid text */
export function readHeader(
  { values: row, isUtf8 }: OtherRow,
  { line, separator }: { line: number; separator: string },
): CsvHeader {
  if (!isUtf8) {
    throw new BadFile(
      `line ${line}: the header is not valid UTF-8. If the file is Latin-1: iconv -f latin1 -t utf-8 FILE | polyloop …`,
    );
  }
  if (row.some((name) => name.includes("\0"))) {
    throw new BadFile(
      `line ${line}: the header contains NUL bytes. If the file is UTF-16: iconv -f utf-16le -t utf-8 FILE | polyloop …`,
    );
  }
  const { names, repeated } = distinct(row);
  const hint = row.length === 1 ? separatorHint(row[0], separator) : undefined;
  return { names, notes: [...(hint ? [hint] : []), ...namesNotes(row, names, repeated)] };
}

export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `column${at + 1}`);
}

/** A column without a name is `column3`, a second `a` is `a_2`; what the header says itself stays as it is. */
function distinct(row: string[]): { names: string[]; repeated: string[] } {
  const given = new Set(row);
  const taken = new Set<string>();
  /** By name, the number that its next repetition may have. */
  const numbers = new Map<string, number>();
  const repeated: string[] = [];
  const names = row.map((name, at) => {
    if (name !== "" && !taken.has(name)) {
      taken.add(name);
      return name;
    }
    if (name === "") name = `column${at + 1}`;
    else repeated.push(name);
    let other = name;
    let number = numbers.get(name) ?? 2;
    while (taken.has(other) || given.has(other)) other = `${name}_${number++}`;
    numbers.set(name, number);
    taken.add(other);
    return other;
  });
  return { names, repeated };
}

function namesNotes(row: string[], names: string[], repeated: string[]): string[] {
  const notes: string[] = [];
  const nameless = names.filter((_, at) => row[at] === "");
  if (nameless.length > 0) {
    const [first] = nameless;
    notes.push(
      nameless.length === 1
        ? `a column of the header has no name; it is called ${first}`
        : `${plural(nameless.length, "column")} of the header have no name; the first is called ${first}`,
    );
  }
  if (repeated.length > 0) {
    const at = names.findIndex((name, at) => row[at] !== "" && name !== row[at]);
    const others = repeated.length - 1;
    const more = others === 0
      ? ""
      : `; ${plural(others, "more column")} ${others === 1 ? "is" : "are"} renamed`;
    notes.push(
      `the header repeats ${shown(row[at])}; the second column is called ${shown(names[at])}${more}`,
    );
  }
  return notes;
}

function separatorHint(name: string, separator: string): string | undefined {
  const counts = SEPARATORS.map(([other]) => other === separator ? 0 : name.split(other).length - 1);
  const most = Math.max(...counts);
  if (most === 0) return undefined;
  const [, flag] = SEPARATORS[counts.indexOf(most)];
  return `the header has one column, ${shown(name)}; with ${flag} it has ${most + 1}`;
}

function shown(name: string): string {
  return JSON.stringify(name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}…` : name);
}
