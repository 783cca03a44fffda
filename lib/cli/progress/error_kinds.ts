/** Counts errors of a run by kind, for the summary and reports: those of failed inputs, or the causes of retries. */

import { causeText } from "../task/cause_text.ts";
import { alike } from "../report/recording/error_groups.ts";

/** Maximum number of kinds. A guess; it limits memory. */
const MAX_KINDS = 50;

interface ErrorKind {
  text: string;
  count: number;
}

/** Counts errors. Errors of one kind differ only in numbers, identifiers, URLs and quoted text. */
export class ErrorKinds {
  readonly #kinds = new Map<string, ErrorKind>();
  others = 0;

  /** Adds an error. `text` is called only for the first error of a kind. */
  add(thrown: unknown, text: () => string): void {
    const key = thrown instanceof Error
      ? `${thrown.name}: ${alike(saidBy(thrown))}`
      : typeof thrown === "string"
      ? alike(thrown)
      : "";
    const kind = this.#kinds.get(key);
    if (kind) kind.count++;
    else if (this.#kinds.size < MAX_KINDS) this.#kinds.set(key, { text: text(), count: 1 });
    else this.others++;
  }

  get size(): number {
    return this.#kinds.size;
  }

  list(): ErrorKind[] {
    return [...this.#kinds.values()].sort((one, other) => other.count - one.count);
  }
}

function saidBy(error: Error): string {
  return `${error.message}: ${causeText(error) ?? ""}`;
}
