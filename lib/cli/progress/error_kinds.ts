/**
 * Which error a run failed of most often.
 *
 * @module
 */

import { alike } from "../report/error_groups.ts";

/** So many kinds are told apart. */
const MOST_KINDS = 50;

/** Errors of one kind. */
interface ErrorKind {
  /** The first of them, as it is shown. */
  text: string;
  count: number;
}

/** Counts errors that differ in no more than numbers, URLs and what is quoted. */
export class ErrorKinds {
  readonly #kinds = new Map<string, ErrorKind>();

  /** `text` is asked for the first of each kind. */
  add(thrown: unknown, text: () => string): void {
    const key = thrown instanceof Error ? `${thrown.name}: ${alike(String(thrown.message))}` : "";
    const kind = this.#kinds.get(key);
    if (kind) kind.count++;
    else if (this.#kinds.size < MOST_KINDS) this.#kinds.set(key, { text: text(), count: 1 });
  }

  /** The one with the most, if there is any. */
  get mostFrequent(): ErrorKind | undefined {
    return [...this.#kinds.values()].sort((one, other) => other.count - one.count)[0];
  }
}
