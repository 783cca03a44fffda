/**
 * Reads the header of a CSV file before anything runs: it sets the columns of the output, and an invalid one ends the run.
 */

import { systemReason, UserError } from "../../user_error.ts";
import type { CsvSplitter } from "./csv_splitter.ts";
import type { InputFile } from "../files/input_file.ts";
import { withFirst } from "../files/recognize.ts";
import { joined } from "../../../wire/bytes.ts";

/** A CSV file whose header is known. */
export interface BegunCsv {
  /** The file from its beginning, with the header. */
  file: InputFile;
  /** The names of the columns; undefined if the file has no row. */
  names: string[] | undefined;
}

/**
 * Reads a file up to the end of its header.
 *
 * @param trial a splitter that is used for nothing else
 * @throws {UserError} if the file or its header cannot be read
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
