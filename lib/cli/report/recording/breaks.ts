/**
 * The breaks of a run: times that do not count as its time, and that a report marks where they are left out.
 */

/** Maximum number of breaks that are marked. A guess: more would hide the bars. */
const MAX = 200;

/** A time that is left out. */
export interface Break {
  /** Milliseconds since the run began, without breaks. */
  at: number;
  /** Its length, in milliseconds. */
  ms: number;
  /** Whether it lies between two sessions, or the process was suspended. */
  why: "sessions" | "suspended";
}

/** Adds a break, if there are not too many. */
export function note(breaks: Break[], one: Break): void {
  if (breaks.length < MAX) breaks.push(one);
}
