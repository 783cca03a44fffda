/**
 * The marks of bars whose attempt failed. The report page uses them, too.
 *
 * @module
 */

/** The input has failed for good. */
export const FAILED = 1;

/** Another attempt followed. */
export const TRIED_AGAIN = 2;
