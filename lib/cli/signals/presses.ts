/**
 * Counts how often a user has asked a run to stop. One press of Ctrl-C, or one `timeout`, may deliver the same signal several
 * times: GNU timeout signals its child and then its group; npx, npm exec and `deno task` pass on what the terminal has
 * sent to them and to their child.
 *
 * @module
 */

/**
 * The same signal again within this time belongs to the same press, in milliseconds. `timeout` takes less than one; a
 * wrapper that passes a signal on was seen to take up to a few tens on a busy machine. Longer: two deliberate presses
 * would be taken for one.
 */
const ONE_PRESS = 300;

/**
 * Nobody presses a key more often than this, in milliseconds: what is closer together comes from a program. A guess,
 * at ten presses a second.
 */
const FASTEST = 100;

/** Leaves at once: the last of the three steps. */
export const LEAVE = 3;

/** How often one signal was pressed, and when last. A thread may take it over from another. */
export interface Presses {
  count: number;
  /** When the press that was counted last began, in milliseconds. */
  pressed: number;
  /** When the last signal came that was not an echo of the one before. */
  last: number;
  /** How many such signals have followed one another without a pause. */
  quick: number;
}

/** None yet. */
export function noPresses(): Presses {
  return { count: 0, pressed: -Infinity, last: -Infinity, quick: 0 };
}

/** Takes a signal that came at `ms`. Returns which press it is, from 1, or undefined if it is no press of its own. */
export function press(presses: Presses, ms: number): number | undefined {
  const sinceLast = ms - presses.last;
  if (sinceLast >= FASTEST) {
    presses.quick = sinceLast < ONE_PRESS ? presses.quick + 1 : 1;
    presses.last = ms;
  }
  if (ms - presses.pressed < ONE_PRESS) return undefined;
  presses.pressed = ms;
  presses.count++;
  // Who hits the key again and again means the last step, though some of the hits were taken for one press.
  if (presses.quick >= LEAVE) presses.count = Math.max(presses.count, LEAVE);
  return presses.count;
}
