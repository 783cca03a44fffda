/** The answers to the questions of `polyloop init`. Flags can give them, too. */

import type { FLAGS } from "../flags/table.ts";
import type { ValueOf } from "../flags/values/kind.ts";

/** One answer to each question. */
export interface Answers {
  task: ValueOf<typeof FLAGS.initTask.value>;
  from: ValueOf<typeof FLAGS.initFrom.value>;
}

/** The kinds of tasks, by what they spend time on. */
export const KINDS: Record<Answers["task"], string> = {
  fetch: "wait for others: fetch pages, call an API",
  compute: "compute: hash, parse, resize",
};

/** The formats of inputs. */
export const FORMATS: Record<Answers["from"], string> = {
  jsonl: "JSON, one value per line: with several fields each",
  lines: "plain text, one input per line: URLs, file names",
};
