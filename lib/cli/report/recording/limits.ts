/** What can limit a run. The page's script imports this, so the file imports nothing. */

/**
 * What keeps further tasks from starting: workers start; all slots are in use; event loops or cores are busy; the rate; a pause
 * after an error's `retryAfter`; the limits of keys; the delays of retries; the input is slow; the output is slow; results in order wait for a slow input; all inputs were
 * read, and the last tasks run.
 */
export const LIMITS = [
  "start",
  "slots",
  "cpu",
  "rate",
  "gate",
  "keys",
  "retries",
  "input",
  "output",
  "window",
  "end",
] as const;

export type Limit = typeof LIMITS[number];
