/**
 * The options of a run as the command line or a config gives them.
 *
 * @module
 */

import { flagName } from "../flags/table.ts";

/** A flag and its value; none where the flag stands alone. */
export interface FlagRow {
  name: string;
  value: string;
}

/** What says where things stand, and not how a run goes: the module has the page's heading. */
const ELSEWHERE = ["module", "cwd"];

/** Each flag as it was given; one that was repeated has a row for each time. */
export function flagRows(flags: Record<string, unknown>): FlagRow[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (ELSEWHERE.includes(key) || value === undefined || value === false) return [];
    const values = Array.isArray(value) ? value : [value];
    return key === "args"
      ? [{ name: "--", value: values.join(" ") }]
      : values.map((one) => ({ name: flagName(key), value: one === true ? "" : String(one) }));
  });
}
