/**
 * Maps places in the module made of `-e` to places in the user's source, so that errors name the user's own columns.
 *
 * @module
 */

/** A place where the module's text differs from the user's. */
export interface Edit {
  line: number;
  /** The first column behind it, in the module's text. */
  column: number;
  /** By how many characters it is longer than what the user wrote. */
  added: number;
}

/** Line and column in the module's text → those in what the user wrote. */
export function userColumn(edits: Edit[], line: number, column: number): number {
  const added = edits.filter((edit) => edit.line === line && edit.column <= column)
    .reduce((sum, edit) => sum + edit.added, 0);
  return Math.max(1, column - added);
}
