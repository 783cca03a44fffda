/**
 * Which errors a run failed of, and how often.
 *
 * @module
 */

import { causeText } from "../task/cause_text.ts";
import { alike } from "../report/recording/error_groups.ts";

/** So many kinds are told apart. */
const MOST_KINDS = 50;

/** Errors of one kind. */
export interface ErrorKind {
  /** The first of them, as it is shown. */
  text: string;
  count: number;
}

/** Counts errors that differ in no more than numbers, URLs and what is quoted. */
export class ErrorKinds {
  readonly #kinds = new Map<string, ErrorKind>();
  /** Errors of more kinds than are told apart. */
  others = 0;

  /** `text` is asked for the first of each kind. */
  add(thrown: unknown, text: () => string): void {
    const key = thrown instanceof Error
      ? `${thrown.name}: ${alike(saidBy(thrown))}`
      : typeof thrown === "string"
      ? alike(thrown)
      : "";
    const kind = this.#kinds.get(key);
    if (kind) kind.count++;
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { text: text(), count: 1 });
    else this.others++;
  }

  /** All that are told apart, the most frequent first. */
  list(): ErrorKind[] {
    return [...this.#kinds.values()].sort((one, other) => other.count - one.count);
  }

  /** The one with the most, if there is any. */
  get mostFrequent(): ErrorKind | undefined {
    return this.list()[0];
  }
}

function saidBy(error: Error): string {
  return `${error.message}: ${causeText(error) ?? ""}`;
}
