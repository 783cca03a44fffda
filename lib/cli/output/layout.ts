/**
 * The interface of output formats that are not one result per line.
 *
 * @module
 */

/** Lays out results, which are JSON text. */
export interface Layout {
  /**
   * Returns the text to write for some results.
   *
   * @param refused called for each result that the format cannot hold, with its position and the reason
   */
  lay(texts: string[], refused: (at: number, error: Error) => void): string;
  /** Returns the text that ends the file. */
  end(): string;
}
