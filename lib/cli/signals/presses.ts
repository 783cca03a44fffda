/**
 * Counts how often a user has asked a run to stop, by Ctrl-C or by SIGTERM. One press of Ctrl-C, or one `timeout`, may
 * deliver several signals. GNU timeout signals its child and then its group. npx, npm exec and `deno task` forward to
 * their child a signal that the terminal has sent to both, and other wrappers send SIGTERM instead.
 */

/**
 * Time within which signals belong to the same press, in milliseconds. Measured: `timeout` repeats the signal
 * within 1 ms, and a wrapper on a busy machine within some tens. With a longer time, two presses would count as one.
 */
const ONE_PRESS = 300;

/**
 * Minimum time between two presses of a key, in milliseconds. Signals that are closer come from a program. A guess: a
 * person presses at most ten times a second.
 */
const FASTEST = 100;

/** The last of the three steps: exit at once. */
export const LEAVE = 3;

export interface Presses {
  count: number;
  /** Time of the first signal of the last press, in milliseconds. */
  pressed: number;
  /** Time of the last signal that was not a repetition by a program, in milliseconds. */
  last: number;
  /** Number of such signals in a row without a pause. */
  quick: number;
}

export function noPresses(): Presses {
  return { count: 0, pressed: -Infinity, last: -Infinity, quick: 0 };
}

/** Counts a signal that arrived at `ms`. Returns the number of its press, from 1; undefined if it belongs to the previous press. */
export function press(presses: Presses, ms: number): number | undefined {
  const sinceLast = ms - presses.last;
  if (sinceLast >= FASTEST) {
    presses.quick = sinceLast < ONE_PRESS ? presses.quick + 1 : 1;
    presses.last = ms;
  }
  if (ms - presses.pressed < ONE_PRESS) return undefined;
  presses.pressed = ms;
  presses.count++;
  // A user presses the key repeatedly, and some of the presses counted as one.
  if (presses.quick >= LEAVE) presses.count = Math.max(presses.count, LEAVE);
  return presses.count;
}
