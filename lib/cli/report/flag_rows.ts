/** The options of a run in a report, as the command line or a config gives them. */

import { flagName } from "../flags/table.ts";

/** A flag and its value, which is empty if the flag has none. */
export interface FlagRow {
  name: string;
  value: string;
}

/** Flags that are not shown: the module is in the page's heading. */
const ELSEWHERE = ["module", "cwd"];

/** A row for each flag as it was given. A repeated flag has a row for each value. */
export function flagRows(flags: Record<string, unknown>): FlagRow[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (ELSEWHERE.includes(key) || value === undefined || value === false) return [];
    const values = Array.isArray(value) ? value : [value];
    return key === "args"
      ? [{ name: "--", value: values.join(" ") }]
      : values.map((one) => ({ name: flagName(key), value: one === true ? "" : String(one) }));
  });
}
