/**
 * Errors that are alike, with a few of the inputs that they came of.
 *
 * @module
 */

import type { ErrorRecord } from "../../output/record.ts";
import type { Example } from "./example.ts";

/** So many kinds are told apart, and so many inputs are kept of each. */
const MOST_GROUPS = 50;
const MOST_SAMPLES = 5;

/** Errors of one kind. */
export interface ErrorGroup {
  name: string;
  /** That of the first; others may differ in numbers and the like. */
  message: string;
  stack: string;
  count: number;
  samples: Example[];
}

/** Counts errors by kind. */
export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>();
  /** Errors of more kinds than are kept. */
  others = 0;

  /** `example` is asked where it will be shown. */
  add({ name, message, stack }: ErrorRecord, example: () => Example): void {
    const key = `${name}: ${alike(message)}`;
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size === MOST_GROUPS) return void this.others++;
      group = { name, message: message.slice(0, 500), stack: stack.slice(0, 2_000), count: 0, samples: [] };
      this.#groups.set(key, group);
    }
    group.count++;
    if (group.samples.length < MOST_SAMPLES) group.samples.push(example());
  }

  /** The most frequent first. */
  list(): ErrorGroup[] {
    return [...this.#groups.values()].sort((one, other) => other.count - one.count);
  }
}

/** Without what differs from input to input: URLs, what is quoted, numbers. */
export function alike(message: string): string {
  return message.slice(0, 300)
    .replace(/\b[a-z][a-z0-9+.-]+:\/\/\S+/gi, "URL")
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "TEXT")
    .replace(/\b[0-9a-f]{8,}\b|\d+/gi, "N");
}
