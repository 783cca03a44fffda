/**
 * The shells that there are completions for.
 *
 * @module
 */

/** As they are called on the command line. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];
