/** The format of inputs, as `--from` or the ending of a file names it. */

import type { Encoding } from "../../../wire/encoding.ts";
import type { Splitter } from "./splitter.ts";

/** The format of inputs. */
export interface InputFormat {
  /** The form in which inputs reach the worker. */
  encoding: Encoding["input"];
  /** The word for an input in messages about its place. */
  unit: "line" | "element" | "item" | "argument";
  /** Makes a splitter for a file. With the file's name, it prints notes for the user. */
  splitter(name?: string): Splitter;
}
