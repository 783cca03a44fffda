/**
 * What `polyloop init` has to know; the flags and the questions have these words.
 *
 * @module
 */

/** What a task spends its time with. */
export const KINDS = {
  fetch: "wait for others: fetch pages, call an API",
  compute: "compute: hash, parse, resize",
} as const;

/** How inputs are written. */
export const FORMATS = {
  jsonl: "JSON, one value per line: with several fields each",
  lines: "plain text, one input per line: URLs, file names",
} as const;

/** One of each. */
export interface Answers {
  task: keyof typeof KINDS;
  from: keyof typeof FORMATS;
}
