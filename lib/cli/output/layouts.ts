/** Selects the layout of results by `--to`. */

import type { RunOptions } from "../flags/options.ts";
import type { Layout } from "./layout.ts";

/** The layout of a run; undefined for one result per line. A layout that most runs do not use is loaded on demand. */
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
      // Default: the separator of the input.
      const own = to === "tsv" ? "\t" : from === "tsv" ? undefined : separator;
      return new CsvLayout({ separator: toSeparator ?? own ?? ",", header });
    }
    default:
      return to satisfies never;
  }
}

function arrayLayout(): Layout {
  let isEmpty = true;
  const lay = (texts: string[]) => {
    if (texts.length === 0) return "";
    const begin = isEmpty ? "[\n" : ",\n";
    isEmpty = false;
    return begin + texts.join(",\n");
  };
  return {
    lay,
    layAll: lay,
    end: () => isEmpty ? "[]\n" : "\n]\n",
  };
}
