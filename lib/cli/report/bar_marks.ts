/**
 * What a bar is marked with that ended badly; the page reads it, too.
 *
 * @module
 */

/** The input has failed for good. */
export const FAILED = 1;

/** Another attempt followed. */
export const TRIED_AGAIN = 2;
