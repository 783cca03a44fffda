/**
 * Refuses options of CSV that do not fit the formats of a run. This is checked when the formats are known, because a
 * config or the ending of a file may set them.
 */

import type { RunOptions } from "../flags/options.ts";
import { UserError } from "../user_error.ts";

/** The options that matter here. */
export type CsvFlags = Pick<RunOptions, "from" | "to" | "separator" | "toSeparator" | "header">;

/**
 * Refuses what would have no effect.
 *
 * @throws {UserError} if there is such an option
 */
export function checkCsvOptions({ from, to, separator, toSeparator, header }: CsvFlags): void {
  const formats = `here the formats are --from ${from} and --to ${to}`;
  if (separator !== undefined && from !== "csv" && (from === "tsv" || to !== "csv")) {
    throw new UserError(`--separator applies to --from csv and --to csv only; ${formats}`);
  }
  if (toSeparator !== undefined && to !== "csv") {
    throw new UserError(`--to-separator applies to --to csv only; ${formats}`);
  }
  if (header !== undefined && from !== "csv" && from !== "tsv") {
    const flag = header === false ? "--no-header" : "--header";
    throw new UserError(`${flag} applies to --from csv and --from tsv only; ${formats}`);
  }
}
