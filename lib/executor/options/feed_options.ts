/** The options of a feed, by which the command line hands inputs to an executor in blocks. */

import type { RowForm } from "../../wire/csv_row.ts";
import type { EachOutput } from "../../wire/encoding.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { OuterStart } from "../queue/outer_start.ts";
import type { MapOptions } from "./map_options.ts";

/** The options of `Executor.feed()`. */
export interface FeedOptions
  extends Omit<MapOptions<never>, "ordered" | "settled" | "window" | "revisit" | "maxInputs"> {
  /** The index of the first input as bodies see it. Without it, bodies see no `context.index`. */
  firstInput?: number;
  /** Whether bodies may hand in further inputs, or a text that says why not. The sink gets them with the outcomes. */
  adds?: boolean | string;
  /** Returns the attributes of an input's span. Default: `polyloop.input.index`. */
  spanOf?: (index: number) => SpanAttributes;
  /** Returns the form in which results may be written as rows of CSV from now on; undefined if it is not known yet. */
  rowsNow?: () => RowForm | undefined;
  /** Set if each value that a generator yields is an output of its own. */
  each?: EachOutput;
  /** Called with each value that a body reports. */
  onProgress?: (value: unknown) => void;
  /** Makes what decides from outside when an input starts. Default: this executor decides it. */
  startOf?: (index: number) => OuterStart;
  /** Whether outcomes have the time and the position at which their bodies began. Default: false. */
  timed?: boolean;
}
