/**
 * Reads the header of a CSV before anything runs, because it sets the columns and may end the run.
 *
 * @module
 */

import { systemReason, UserError } from "../../user_error.ts";
import type { CsvSplitter } from "./csv_splitter.ts";
import type { InputFile } from "../files/input_file.ts";
import { withFirst } from "../files/recognize.ts";
import { joined } from "./splitter.ts";

/** A file of which the header was read, and will be read again. */
export interface BegunCsv {
  file: InputFile;
  /** The columns; none where there is no row at all. */
  names: string[] | undefined;
}

/**
 * Reads until the header is there. `trial` is used up.
 *
 * @throws {UserError} if the file cannot be read, or has no header that can
 */
export async function beginCsv(file: InputFile, trial: CsvSplitter): Promise<BegunCsv> {
  const pieces: Uint8Array[] = [];
  try {
    for (let bytes = await file.read();; bytes = await file.read()) {
      pieces.push(new Uint8Array(bytes));
      if (bytes.length > 0) trial.push(bytes);
      else trial.end();
      if (trial.names || bytes.length === 0) break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read ${file.name}: ${systemReason(error)}`);
  }
  return { file: withFirst(file, joined(pieces)), names: trial.names };
}
