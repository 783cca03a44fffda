/**
 * Maps places in the generated module of `-e` to places in the user's source, so that errors show the user's own
 * columns.
 */

/** A place where the text of the module differs from the user's source. */
export interface Edit {
  line: number;
  /** The first column after it, in the text of the module. */
  column: number;
  /** Number of characters that were added; negative if characters were removed. */
  added: number;
}

/** The column in the user's source of a place in the module. */
export function userColumn(edits: Edit[], line: number, column: number): number {
  const added = edits.filter((edit) => edit.line === line && edit.column <= column)
    .reduce((sum, edit) => sum + edit.added, 0);
  return Math.max(1, column - added);
}
