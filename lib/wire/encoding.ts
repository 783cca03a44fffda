/** The target of a task, and its encoding: the forms in which its inputs and outputs are sent. */

import type { RowForm } from "./csv_row.ts";

/** The form of a task's input and result: values, or text that the worker reads and writes. */
export interface Encoding {
  /**
   * `"json"`: the input is JSON text (or its UTF-8 bytes). `"text"`: the task gets the text, which is sent as text or
   * UTF-8 bytes. `"record"`: JSON text that the caller made, or the reason why it could not be made (`refusal.ts`).
   */
  input?: "value" | "json" | "text" | "record";
  /**
   * `"json"`: the result returns as JSON text. `"text"`: strings return as they are, other values as JSON text.
   * `"object"`: the result must be an object and returns as JSON text.
   */
  output?: "value" | "json" | "text" | "object";
  /**
   * The columns of the inputs. Set if objects would list them in another order: the JSON text of results has its keys
   * in this order (`key_order.ts`).
   *
   * @internal
   */
  columns?: string[];
  /**
   * With the output `"object"`: a result that fits these columns may return as a row of CSV.
   *
   * @internal
   */
  rows?: RowForm;
  /**
   * With the input `"record"`: inputs may be sent as rows of CSV of this form (`table_row.ts`).
   *
   * @internal
   */
  inputRows?: RowForm;
  /**
   * Whether the caller is told when and where each body began.
   *
   * @internal
   */
  timed?: boolean;
  /**
   * Whether the caller gets what the bodies print, where the option `console` is "asked".
   *
   * @internal
   */
  prints?: boolean;
  /** Whether an input is a batch: several inputs for one call (`input_batch.ts`). */
  batch?: boolean;
  /**
   * Set if each value that a generator yields is an output of its own (`many.ts`). Without it, they are one array.
   *
   * @internal
   */
  each?: EachOutput;
  /**
   * The source of each input's key, if the key is not made from the task's number. `"sent"`: the key and a tab precede
   * the input. `"content"`: the key is made from the input's text (`content_key.ts`).
   *
   * @internal
   */
  keyed?: "sent" | "content";
  /**
   * Whether bodies may hand in further inputs, or a text that says why not.
   *
   * @internal
   */
  adds?: boolean | string;
}

export interface EachOutput {
  /**
   * Number of units that stay on the worker until the body has ended: characters of text, or values. Further outputs are sent as
   * they come. Infinity: nothing is sent before.
   */
  held: number;
}

/** The function to run: an export of the worker's module, or a function that is sent as source text. */
export interface TargetSpec {
  name: string;
  source?: string;
  encoding?: Encoding;
}
