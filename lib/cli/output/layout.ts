/**
 * How results are laid out in their file, where it is not one per line.
 *
 * @module
 */

/** Puts results, which come as JSON text, in their places. */
export interface Layout {
  /** What to write for some of them; `refused` is told of those that have no place there, and why. */
  lay(texts: string[], refused: (at: number, error: Error) => void): string;
  /** What ends the file. */
  end(): string;
}
