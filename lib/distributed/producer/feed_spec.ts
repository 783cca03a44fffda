/** The common properties of the inputs of one feed, as its map or its calls of `run()` set them. */

import type { ResolvedRetryOptions } from "../../executor/options/retry_options.ts";
import type { SpanAttributes } from "../../wire/telemetry.ts";
import type { ChunkData } from "../broker/protocol.ts";
import type { Terms } from "../limits/input_terms.ts";
import type { KeyShares } from "../limits/key_shares.ts";

export interface FeedSpec extends Pick<ChunkData, "task" | "input" | "output" | "options" | "trace"> {
  /** Returns the keys of `count` inputs, from the index `first` on. Without it, inputs are numbered. */
  keysOf?: (first: number, count: number) => string[];
  /** Whether the inputs belong to a map, whose tasks see the index. */
  indexed?: boolean;
  /** Whether each input is a task of its own, from `run()` or `submit()`. */
  areCalls?: boolean;
  /** Whether each value that a generator yields is an output of its own. */
  each?: boolean;
  /** Maximum number of inputs that one call takes. Without it, each call takes one. */
  batch?: number;
  /** Whether bodies may hand in further inputs, or a text that says why not. */
  adds?: boolean | string;
  /** Whether outcomes tell when and where their bodies began. */
  timed?: boolean;
  /** Whether the sink gets what bodies print. */
  prints?: boolean;
  /** Whether failed attempts that others follow are told. */
  tellsRetries?: boolean;
  /** Decides whether inputs are tried again, if the workers do not. */
  retry?: ResolvedRetryOptions;
  /** The reader of the values of the feed's single input, if they are read as they come. */
  stream?: StreamReader;
  /** Takes what the bodies report. A feed with this function has a single input. */
  onProgress?: (value: unknown) => void;
  spanOf?: (index: number) => SpanAttributes;
  /** Returns what an input counts for by the limits of the run, or throws. Undefined if every input counts the same. */
  termsOf?: (text: string) => Terms;
  /** The keys whose inputs are limited; undefined if there is no such limit. */
  shares?: KeyShares;
}

interface StreamReader {
  /** Number of values for which it has room, since the stream began. */
  room: number;
  take(value: unknown): void;
}
