/**
 * The answers to the questions of `polyloop init`, which are also its flags.
 *
 * @module
 */

import type { z } from "npm:zod@4.6.7";
import type { FLAGS } from "../flags/table.ts";

/** One answer to each question. */
export interface Answers {
  task: z.output<typeof FLAGS.initTask.value>;
  from: z.output<typeof FLAGS.initFrom.value>;
}

/** What a task spends its time with. */
export const KINDS: Record<Answers["task"], string> = {
  fetch: "wait for others: fetch pages, call an API",
  compute: "compute: hash, parse, resize",
};

/** How inputs are written. */
export const FORMATS: Record<Answers["from"], string> = {
  jsonl: "JSON, one value per line: with several fields each",
  lines: "plain text, one input per line: URLs, file names",
};
