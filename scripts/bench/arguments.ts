/** The command line of the benchmark. */

import { parseArgs } from "node:util";

/** The parsed arguments. */
export interface Arguments {
  json: boolean;
  smoke: boolean;
  /** Whether the results of each row are written into README.md. */
  write: boolean;
  rounds: number;
  /** Ids of the rows to measure. Empty: all rows. */
  rows: string[];
}

/**
 * Parses `--json`, `--smoke`, `--write`, `--rounds N` and `--row ID` (repeatable, or with commas).
 *
 * @throws {TypeError} if there is any other argument
 */
export function parse(argv: string[], known: string[]): Arguments {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      rounds: { type: "string" },
      row: { type: "string", multiple: true, default: [] },
    },
  });
  const { json, smoke, write } = values;
  const rounds = Number(values.rounds ?? (smoke ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new TypeError(`--rounds needs a whole number, got ${values.rounds}`);
  }
  const rows = values.row.flatMap((ids) => ids.split(","));
  const unknown = rows.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new TypeError(`There is no row ${unknown}: there are ${known.join(", ")}`);
  if (write && smoke) throw new TypeError("--write needs figures that mean something: omit --smoke");
  return { json, smoke, write, rounds, rows };
}
