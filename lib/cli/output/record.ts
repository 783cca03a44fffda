/**
 * Formats outcomes as JSON: the envelope of `--envelope`, and a line of `--errors`. Values and inputs are JSON text already, and
 * are inserted without being parsed.
 */

import type { Origin } from "../input/origin.ts";
import type { Line } from "../input/formats/splitter.ts";

export interface ErrorRecord {
  name: string;
  message: string;
  stack: string;
  /** For a lost worker: its exit code, or the signal that killed it, if known. */
  exitCode?: number;
  signal?: string;
}

interface Run {
  index: number;
  attempts: number;
  ms: number;
}

/** When and where the last attempt of an input ran. A fact that is not known is null. */
export interface Whereabouts {
  /** When its body began, in milliseconds since 1970. */
  started: number | null;
  worker: number | null;
  position: number | null;
}

/** The input that did not run. */
export const NOWHERE: Whereabouts = { started: null, worker: null, position: null };

export interface FullEnvelope {
  where: Whereabouts;
  line: Line;
  json: boolean;
}

export function successEnvelope({ index, attempts, ms }: Run, value: string, full?: FullEnvelope): string {
  return `{"index":${index},"ok":true,"value":${value},"attempts":${attempts},"ms":${tenths(ms)}${
    more(full)
  }}`;
}

export function failureEnvelope(
  { index, attempts, ms }: Run,
  error: ErrorRecord,
  full?: FullEnvelope,
): string {
  return `{"index":${index},"ok":false,"error":${JSON.stringify(error)},"attempts":${attempts},"ms":${
    tenths(ms)
  }${more(full)}}`;
}

function more(full: FullEnvelope | undefined): string {
  if (!full) return "";
  const { where: { started, worker, position }, line, json } = full;
  const at = started === null ? "null" : `"${new Date(started).toISOString()}"`;
  return `,"started":${at},"worker":${worker},"position":${position},"input":${inputText(line, json)}`;
}

export function failedInput(
  { attempts }: Pick<Run, "attempts">,
  { index, number, line, file, isAdded }: Origin,
  { error, json }: { error: ErrorRecord; json: boolean },
): string {
  const input = inputText(line, json);
  const where = file === undefined ? "" : `"file":${JSON.stringify(file)},`;
  const added = isAdded ? `"added":true,` : "";
  return `{"index":${index},${where}"line":${number},${added}"input":${input},"error":${
    JSON.stringify(error)
  },"attempts":${attempts}}`;
}

/** The input as JSON text: as it is if it is valid JSON, else as a string. */
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
