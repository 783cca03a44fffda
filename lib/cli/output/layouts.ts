/**
 * The layouts that there are: `--to` → how results stand in their file.
 *
 * @module
 */

import type { RunOptions } from "../flags/options.ts";
import type { Layout } from "./layout.ts";

/** None for one result per line. What most runs do without is loaded when it is asked for. */
export async function layoutOf(
  { from, to, separator, toSeparator }: RunOptions,
  header: string[] | undefined,
): Promise<Layout | undefined> {
  switch (to) {
    case "jsonl":
    case "lines":
      return undefined;
    case "json":
      return arrayLayout();
    case "csv":
    case "tsv": {
      const { CsvLayout } = await import("./csv_layout.ts");
      // What was read with a separator is written with it.
      const own = to === "tsv" ? "\t" : from === "tsv" ? undefined : separator;
      return new CsvLayout({ separator: toSeparator ?? own ?? ",", header });
    }
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
