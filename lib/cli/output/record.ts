/**
 * How an outcome is written down: the envelope, and the line in the file of failed inputs. Values
 * and inputs are JSON text already and are put in as they are; nothing is parsed on the way.
 *
 * @module
 */

import type { Origin } from "../input/origin.ts";
import type { Line } from "../input/formats/splitter.ts";

/** What went wrong, as it is written down. */
export interface ErrorRecord {
  name: string;
  message: string;
  stack: string;
  /** Of a lost worker: the code that it exited with, or the signal that killed it, where that is known. */
  exitCode?: number;
  signal?: string;
}

/** The parts of an outcome that are written down. */
interface Run {
  index: number;
  attempts: number;
  ms: number;
}

/** An input that ended well; `value` is JSON text. */
export function successEnvelope({ index, attempts, ms }: Run, value: string): string {
  return `{"index":${index},"ok":true,"value":${value},"attempts":${attempts},"ms":${tenths(ms)}}`;
}

/** An input that failed. */
export function failureEnvelope({ index, attempts, ms }: Run, error: ErrorRecord): string {
  return `{"index":${index},"ok":false,"error":${JSON.stringify(error)},"attempts":${attempts},"ms":${
    tenths(ms)
  }}`;
}

/** A line of the file of failed inputs. `json` says that inputs are JSON. */
export function failedInput(
  { index, attempts }: Run,
  { number, line, file }: Origin,
  { error, json }: { error: ErrorRecord; json: boolean },
): string {
  const input = inputText(line, json);
  const where = file === undefined ? "" : `"file":${JSON.stringify(file)},`;
  return `{"index":${index},${where}"line":${number},"input":${input},"error":${
    JSON.stringify(error)
  },"attempts":${attempts}}`;
}

/** The input as JSON text: as it was if it is JSON, else as a string. Only failed inputs come here. */
function inputText(line: Line, json: boolean): string {
  if (typeof line !== "string") return JSON.stringify(new TextDecoder().decode(line));
  if (!json) return JSON.stringify(line);
  try {
    JSON.parse(line);
    return line.trim();
  } catch {
    return JSON.stringify(line);
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
