/** Marks of failed attempts in the data of a report page. The page's script imports them, so this file imports nothing. */

/** The attempt failed, and so did the input. */
export const FAILED = 1;

/** The attempt failed, and another one followed. */
export const TRIED_AGAIN = 2;
