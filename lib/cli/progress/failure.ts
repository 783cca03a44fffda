/**
 * The place of a failed input.
 *
 * @module
 */

/** Where the input of a failure stands. */
export interface Failure {
  index: number;
  /** The line's number in the file, from 1. */
  number: number;
  /** The file's name, where there are several. */
  file?: string;
  /** How a user finds it: `line 3`. */
  place: string;
}
