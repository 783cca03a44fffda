/**
 * Checks a worker's message before any part of it is used. User code in a worker can find polyloop's channel and post anything on it. Such
 * a message must not crash the caller or be misread. Only the worker's handle knows whether a record may arrive at that moment.
 */

import { isErrorData, isListOf } from "./error_check.ts";
import { isPackedLines } from "./lines.ts";
import { MANY, PACKED, RECORD_LENGTH, ToCaller } from "./message.ts";
import { areNumbers } from "./series_numbers.ts";

/** Whether the number and the value of a record have the types of its kind. */
type Check = (number: unknown, value: unknown) => boolean;

type Kind = (typeof ToCaller)[keyof typeof ToCaller];

const CHECKS: Record<Kind, Check> = {
  [ToCaller.done]: isMeasure,
  [ToCaller.fail]: (micros, error) => isMeasure(micros) && isErrorData(error),
  [ToCaller.progress]: anything,
  [ToCaller.yield]: anything,
  [ToCaller.ready]: (_, exports) => isListOf(exports, isText),
  [ToCaller.startFailed]: (_, error) => isErrorData(error),
  [ToCaller.lastWords]: (_, words) => isWords(words),
  [ToCaller.lag]: (micros, figures) => isMeasure(micros) && isFigures(figures),
  [ToCaller.closed]: (_, error) => isErrorOrNothing(error),
  [ToCaller.aborted]: anything,
  [ToCaller.returned]: anything,
  [ToCaller.broken]: (_, error) => isErrorData(error),
  [ToCaller.started]: (_, calls) => calls === undefined || Number.isSafeInteger(calls),
  [ToCaller.age]: (own, wall) => isMeasure(own) && (wall === undefined || isMeasure(wall)),
  [ToCaller.blocked]: (micros, last) =>
    isMeasure(micros) && isObject(last) && Number.isSafeInteger(last.id) && Number.isSafeInteger(last.calls),
  [ToCaller.count]: isNamedAmount,
  [ToCaller.used]: (amount, name) => isNamedAmount(amount, name) && amount as number >= 0,
  [ToCaller.began]: (at, position) => isMeasure(at) && isMeasure(position),
  [ToCaller.printed]: (_, printed) =>
    isObject(printed) && (printed.stream === "stdout" || printed.stream === "stderr") && isText(printed.text),
  [ToCaller.add]: anything,
};

/** Returns what is wrong with a message, as a phrase; undefined if it is valid. */
export function faultIn(message: unknown): string | undefined {
  if (!Array.isArray(message) || message.length === 0 || message.length % RECORD_LENGTH !== 0) {
    return "it is not a list of records";
  }
  for (let at = 0; at < message.length; at += RECORD_LENGTH) {
    const kind = message[at];
    if (!Number.isSafeInteger(message[at + 1])) return "a record has no task number";
    const isRight = kind === MANY
      ? isMany(message[at + 2], message[at + 3])
      : kind === PACKED
      ? at === 0 && isListOf(message[at + 3], isPacked)
      : isKind(kind) && CHECKS[kind](message[at + 2], message[at + 3]);
    if (!isRight) return `a record of kind ${String(kind).slice(0, 20)} is malformed`;
  }
  return undefined;
}

/** Returns the kind of a message's last record; undefined if there is none. Does not check the message. */
export function lastKind(message: unknown): unknown {
  return Array.isArray(message) ? message.at(-RECORD_LENGTH) : undefined;
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === "number" && Object.hasOwn(CHECKS, kind);
}

function isMany(micros: unknown, values: unknown): boolean {
  const count = Array.isArray(values) ? values.length : isPackedLines(values) ? values.count : 0;
  if (count === 0) return false;
  return Array.isArray(micros) ? areNumbers(micros, count, isMeasure) : isMeasure(micros);
}

/** Whether the value is a valid duration or size. */
function isMeasure(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Whether these are the amount and the name that a body passes to `context.count`. */
function isNamedAmount(amount: unknown, name: unknown): boolean {
  return Number.isFinite(amount) && isText(name) && name !== "";
}

function isFigures(figures: unknown): boolean {
  if (!isObject(figures) || !isObject(figures.use)) return false;
  const { heapBytes, use: { busy, watched } } = figures;
  return (heapBytes === undefined || isMeasure(heapBytes)) && isMeasure(busy) && isMeasure(watched);
}

function isWords(words: unknown): boolean {
  if (!isObject(words)) return false;
  const { reason, cause, exitCode, signal } = words;
  return isText(reason) && isErrorOrNothing(cause) &&
    (exitCode === undefined || Number.isSafeInteger(exitCode)) &&
    (signal === undefined || isText(signal));
}

function isErrorOrNothing(value: unknown): boolean {
  return value === undefined || isErrorData(value);
}

/** Whether the value has the form that `packed.ts` produces. */
function isPacked(packed: unknown): boolean {
  return isObject(packed) && isListOf(packed.stands, isStand);
}

function isStand(stand: unknown): boolean {
  if (!Array.isArray(stand) || !isObject(stand[0])) return false;
  return typeof stand[1] === "number" ? stand[0] instanceof RegExp : isErrorData(stand[1]);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function anything(): boolean {
  return true;
}
