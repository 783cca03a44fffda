/** Groups of similar errors, each with a few of its inputs. */

import type { ErrorRecord } from "../../output/record.ts";
import type { Listed } from "./inputs.ts";

/** Maximum number of groups, and of inputs that are kept for each. A guess: as much as people read. */
const MAX_GROUPS = 50;
const MAX_SAMPLES = 5;

/** What an error says: its stack, if it is kept, and the reason that its causes give, if its own message has none. */
export type Said = Pick<ErrorRecord, "name" | "message"> & { stack?: string; cause?: string };

export interface ErrorGroup {
  name: string;
  /** The message of the first error, and the reason that its cause gives. Others may differ in numbers, identifiers, URLs and quoted text. */
  message: string;
  stack: string;
  count: number;
  samples: Listed[];
}

export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>();
  /** Number of errors that are in no group, because there are too many groups. */
  others = 0;

  /**
   * Adds an error. `listed` is called only if the input is kept as a sample.
   *
   * @returns its group; undefined if there are too many groups
   */
  add({ name, message, stack = "", cause }: Said, listed?: () => Listed): ErrorGroup | undefined {
    const said = cause === undefined ? message : `${message}: ${cause}`;
    const key = `${name}: ${alike(said)}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size === MAX_GROUPS) return void this.others++;
      group = { name, message: said.slice(0, 500), stack: stack.slice(0, 2_000), count: 0, samples: [] };
      this.#groups.set(key, group);
    }
    group.count++;
    if (listed && group.samples.length < MAX_SAMPLES) group.samples.push(listed());
    return group;
  }

  /** The groups by their keys. Two tables have the same key for the same kind of error. */
  get byKey(): ReadonlyMap<string, ErrorGroup> {
    return this.#groups;
  }

  list(): ErrorGroup[] {
    return [...this.#groups.values()].sort((one, other) => other.count - one.count);
  }
}

/** A word of letters and digits that change at least twice, such as a UUID or the number of a request. */
const ID = /\b(?=[\w-]{8})[a-z_-]*\d+[a-z_-]+\d[\w-]*/gi;

/** A message without what differs from input to input: URLs, quoted text, numbers, identifiers. */
export function alike(message: string): string {
  return message.slice(0, 300)
    .replace(/\b[a-z][a-z0-9+.-]+:\/\/\S+/gi, "URL")
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "TEXT")
    .replace(ID, "N")
    .replace(/\b[0-9a-f]{8,}\b|\d+/gi, "N");
}
