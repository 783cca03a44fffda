/**
 * How results are laid out in their file, where it is not one per line.
 *
 * @module
 */

import type { RunOptions } from "../options.ts";

/** Puts results, which come as JSON text, in their places. */
export interface Layout {
  /** What to write for some of them; `refused` is told of those that have no place there, and why. */
  lay(texts: string[], refused: (at: number, error: Error) => void): string;
  /** What ends the file. */
  end(): string;
}

/** None for one result per line. What most runs do without is loaded when it is asked for. */
export async function layoutOf(to: RunOptions["to"]): Promise<Layout | undefined> {
  switch (to) {
    case "jsonl":
    case "lines":
      return undefined;
    case "json":
      return arrayLayout();
    case "csv":
      return new (await import("./csv_layout.ts")).CsvLayout();
    default:
      return to satisfies never;
  }
}

/** One array, an element per line. */
function arrayLayout(): Layout {
  let isEmpty = true;
  return {
    lay(texts) {
      const begin = isEmpty ? "[\n" : ",\n";
      isEmpty = false;
      return begin + texts.join(",\n");
    },
    end: () => isEmpty ? "[]\n" : "\n]\n",
  };
}
