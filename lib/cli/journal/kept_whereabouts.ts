/**
 * When and where inputs ran, as the journal of a run with `--envelope=full` keeps it: before each result, and in each error. So a
 * resumed run writes the same envelopes again. The journals of other runs have none.
 */

import type { Final } from "../output/outcome_writer.ts";
import { NOWHERE, type Whereabouts } from "../output/record.ts";

/** Returns an outcome in the form in which the journal keeps it. */
export function keepWhereabouts<F extends Pick<Final, "value" | "error" | "where">>(final: F): F {
  const { value, error, where } = final;
  if (!where) return final;
  if (value !== undefined) return { ...final, value: `${JSON.stringify(where)}\t${value}` };
  return { ...final, error: error && { ...error, where } };
}

/** Returns an outcome of a journal whose outcomes are in this form. */
export function keptWhereabouts(final: Final): Final {
  const { value, error } = final;
  if (value !== undefined) {
    const tab = value.indexOf("\t");
    return { ...final, value: value.slice(tab + 1), where: JSON.parse(value.slice(0, tab)) as Whereabouts };
  }
  if (!error) return final;
  const { where = NOWHERE, ...own } = error as typeof error & { where?: Whereabouts };
  return { ...final, error: own, where };
}
