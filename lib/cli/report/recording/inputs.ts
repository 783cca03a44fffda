/**
 * The inputs that a report lists: all of them, or a sample if there are too many. Failed inputs, which are usually few, are sampled
 * separately.
 */

import type { Bar } from "./bars.ts";
import { OutcomeSample } from "./sample.ts";
import { Buffer } from "node:buffer";
import type { Origin } from "../../input/origin.ts";

/** Maximum numbers of inputs that succeeded and that failed. A guess: with their texts, less than a megabyte. */
const MAX_OK = 4_096;
const MAX_FAILED = 2_048;

/** Maximum length of an input in a report, in characters. A guess: enough to recognize it. */
const EXCERPT = 200;

export interface Example {
  line: number;
  input: string;
}

export function exampleOf({ number, line }: Pick<Origin, "number" | "line">): Example {
  const text = typeof line === "string" ? line : new TextDecoder().decode(line);
  return { line: number, input: text.length > EXCERPT ? copied(`${text.slice(0, EXCERPT)}…`) : text };
}

/** A copy of a text. A part of a long text keeps all of it in memory. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

export interface Listed extends Example {
  index: number;
  ok: boolean;
  /** Running time of the last attempt, in milliseconds. */
  ms: number;
  attempts: number;
  /** The kind of its error, if it failed and the kind is kept: the group that it is in. */
  kind?: object;
  /** Its last attempt, if it has run. */
  attempt?: Bar;
}

export const listedSample = () => new OutcomeSample<Listed>(MAX_OK, MAX_FAILED);

/** Number of inputs that are kept. A guess: as many as people read. */
const MAX_SLOWEST = 20;

export class Slowest {
  readonly #found: Listed[] = [];

  /** Adds an input. `listed` is called only if it is among the slowest so far. */
  add(ms: number, listed: () => Listed): void {
    const found = this.#found;
    if (found.length === MAX_SLOWEST && ms <= found[MAX_SLOWEST - 1].ms) return;
    let at = found.length;
    while (at > 0 && found[at - 1].ms < ms) at--;
    found.splice(at, 0, listed());
    found.length = Math.min(found.length, MAX_SLOWEST);
  }

  list(): Listed[] {
    return [...this.#found];
  }
}
