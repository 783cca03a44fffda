/** The options of a run's feed that follow from its flags: the forms in which inputs go to workers, and outputs come from them. */

import type { FeedOptions } from "../../executor/options/feed_options.ts";
import type { EachOutput, Encoding } from "../../wire/encoding.ts";
import type { RunOptions } from "../flags/options.ts";
import type { RunInput } from "../input/run_input.ts";

/** Makes the options. `keyed`: how a body's key is made. */
export function feedOptionsOf(
  options: RunOptions,
  input: Pick<RunInput, "format" | "columns">,
  { keyed }: Pick<Encoding, "keyed">,
): FeedOptions {
  return {
    each: eachOf(options),
    // Absent without rows, because a broker's feed has no such option.
    ...(input.format.rows && { inputRows: input.format.rows }),
    timed: options.envelope === "full",
    // Each job would run an input that several of them find.
    adds: options.shard
      ? "with --shard, tasks cannot add inputs, because other jobs may add the same ones"
      : true,
    encoding: {
      input: input.format.encoding,
      output: outputOf(options),
      columns: input.columns,
      batch: options.batch !== undefined,
      keyed,
    },
  };
}

function outputOf({ to, envelope }: RunOptions): Encoding["output"] {
  if (envelope) return "json";
  return to === "lines" ? "text" : to === "csv" || to === "tsv" ? "object" : "json";
}

/**
 * Number of characters that a generator yields before any of them leave its worker, if outputs are in order. A guess: longer,
 * generators that wait for their turn take more memory; shorter, fewer attempts that fail have written nothing.
 */
const HELD = 256 * 1024;

/** Returns how the outputs of a generator are sent; undefined if they are one array. */
function eachOf({ envelope, batch, journal, retries, unordered }: RunOptions): EachOutput | undefined {
  // An envelope stands for an input. A generator with --batch yields one result for each input.
  if (envelope || batch !== undefined) return undefined;
  // Lines that were written cannot be taken back if the attempt fails.
  if (journal !== undefined || retries > 0) return { held: Infinity };
  return { held: unordered ? 0 : HELD };
}
