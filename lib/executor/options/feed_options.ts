/** The options of a feed, by which the command line hands inputs to an executor in blocks. */

import type { RowForm } from "../../wire/csv_row.ts";
import type { EachOutput } from "../../wire/encoding.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { MapOptions } from "./map_options.ts";

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
  /** Set if inputs may be sent as rows of CSV of this form. `encoding.input` is then `"record"`. */
  inputRows?: RowForm;
  /** Set if each value that a generator yields is an output of its own. */
  each?: EachOutput;
  /** Called with each value that a body reports. */
  onProgress?: (value: unknown) => void;
  /** Makes what decides from outside when an input starts. Default: this executor decides it. */
  startOf?: (index: number) => OuterStart;
  /** Number of the first attempt of its inputs: higher where earlier ones were made elsewhere. Default: 1. */
  attempt?: number;
  /** Whether the sink gets what bodies print, where the option `console` is "asked". */
  prints?: boolean;
  /** Whether outcomes have the time and the position at which their bodies began. Default: false. */
  timed?: boolean;
}

/** Decides from outside when the attempts of one task start. */
export interface OuterStart {
  /** Asks for the start of an attempt. `go` is called once it may start. */
  ask(attempt: number, go: () => void): void;
  /** Takes the start of the attempt that was let go. Returns false if that was too long ago: then it has to ask again. */
  take(): boolean;
  /** The task has settled, and asks for no start any more. */
  forget(): void;
  begun(): void;
  /** The attempt is on no worker of the executor any more. */
  out(attempt: number): void;
  /** The body has used an amount of what a rate counts by this name. */
  used(name: string, amount: number): void;
  /** The attempt has failed, with an error that has a `retryAfter` in `delay` milliseconds, or without one, with the status 429. */
  refused(delay: number | undefined): void;
}
