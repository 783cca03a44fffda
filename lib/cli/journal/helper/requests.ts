/** What the main thread asks a helper thread for. */

import type { PackedLines } from "../../../wire/lines.ts";
import type { PackedTable } from "../../../wire/key_table.ts";

export type Request =
  /** Count the occurrences of lines from here on. */
  | { occurrences: PackedTable }
  /** Make the keys of these lines. They are the answer. */
  | { lines: PackedLines }
  /** Copy the log of the journal in `file`. `step` is the integer that both threads share: see {@link Step}. */
  | { file: string; step: SharedArrayBuffer };

/** Whether a thread copies the log. It has the file open only while it is `running`. */
export const Step = { idle: 0, asked: 1, running: 2 } as const;
