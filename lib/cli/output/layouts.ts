/**
 * The layouts that there are: `--to` → how results stand in their file.
 *
 * @module
 */

import type { RunOptions } from "../options.ts";
import type { Layout } from "./layout.ts";

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
