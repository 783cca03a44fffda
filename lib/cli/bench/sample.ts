/** Reads the first inputs of a file, on which a bench runs. */

import { LineSource } from "../input/line_source.ts";
import type { Line } from "../input/formats/splitter.ts";
import type { RunInput } from "../input/run_input.ts";
import { systemReason, UserError } from "../user_error.ts";

export interface Sample {
  lines: Line[];
  /** Whether these are all inputs of the file. */
  whole: boolean;
}

/** Reads at most `most` inputs. @throws {UserError} if there is no input, or it cannot be read */
export async function readSample(input: RunInput, most: number): Promise<Sample> {
  const source = new LineSource(input);
  const lines: Line[] = [];
  // One more input shows whether the file has further inputs.
  while (!source.ended && lines.length <= most) {
    const some = source.take();
    if (!some) await source.read();
    else lines.push(...some.slice(0, Math.min(some.length, most + 1 - lines.length)).toArray());
  }
  if (lines.length > most) return { lines: lines.slice(0, most), whole: false };
  if (source.failure) {
    throw new UserError(`Cannot read ${source.reader.name}: ${systemReason(source.failure)}`);
  }
  if (lines.length === 0) {
    throw new UserError(`bench: ${input.name} has no inputs to try: give some with -i FILE`);
  }
  return { lines, whole: !source.isCut };
}
