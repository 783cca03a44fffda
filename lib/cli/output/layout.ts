/** The interface of output formats that are not one result per line. */

import type { RowForm } from "../../wire/csv_row.ts";
import type { Lines } from "../../wire/lines.ts";

/** Lays out results, which are JSON text, or rows by the form in `rows`. */
export interface Layout {
  /** The form in which workers may write results as rows from now on; absent if they cannot. */
  readonly rows?: RowForm;
  /**
   * Returns the text to write for some results.
   *
   * @param refused called for each result that the format cannot hold, with its position and the reason
   */
  lay(texts: string[], refused: (at: number, error: Error) => void): string;
  /**
   * Returns the text to write for all outputs of one input.
   *
   * @throws {TypeError} if the format cannot hold one of them. Then nothing is laid out
   */
  layAll(texts: string[]): string;
  /** Whether all these lines are laid out, so that they can be written as they are. Absent if none ever is. */
  areLaidOut?(lines: Lines): boolean;
  end(): string;
}
