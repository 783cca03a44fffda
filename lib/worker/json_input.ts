/**
 * Parses an input that is JSON text. Throws an error with the place of a number that JavaScript cannot represent,
 * because `JSON.parse` would silently return another number.
 */

import { TaskInputError } from "../errors.ts";
import { isArray, JSON, matches } from "../wire/intrinsics.ts";

const { Number } = globalThis;
const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/**
 * Matches a sequence of 16 digits. A number that JavaScript cannot represent has many digits or a large exponent. The
 * digits are written out, because V8 then skips 16 characters at a time: this takes a twelfth of the time of `\d{16}`.
 */
const MANY_DIGITS = new RegExp("[0-9]".repeat(16));
const LARGE_EXPONENT = /\d[eE][-+]?\d{3}/;

/** Whether a quick check of JSON text proves that JavaScript can represent all its numbers. Takes a quarter of the time of parsing. */
function isExactText(text: string): boolean {
  return !matches(MANY_DIGITS, text) && !matches(LARGE_EXPONENT, text);
}

/** The tokens of JSON text: strings, numbers, words and marks. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[-+.\deE]*|[a-z]+|[{}[\]:,]/g;

/**
 * Parses JSON text.
 *
 * @throws {TaskInputError} if the text is not valid JSON, or holds a number that JavaScript cannot represent
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TaskInputError(`The input is not valid JSON: ${reasonOf(error as Error)}`);
  }
  if (isTooDeepOrMayDiffer(value) && !isExactText(text)) checkNumbers(text);
  return value;
}

/** Returns the runtime's message without its line number, which counts lines of the input and not of the file. */
function reasonOf({ message }: Error): string {
  return message.replace(/ \(line \d+ column \d+\)/, "");
}

/** Whether a value must be checked by its text: a number may differ, or the value is too deep for recursive calls. */
function isTooDeepOrMayDiffer(value: unknown): boolean {
  try {
    return mayDiffer(value);
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** Whether a number in the value may differ from the number in the text. Checking the text costs more. */
function mayDiffer(value: unknown): boolean {
  if (typeof value !== "object") return typeof value === "number" && !isExact(value);
  if (isArray(value)) {
    for (let at = 0; at < value.length; at++) if (isDoubtful(value[at])) return true;
    return false;
  }
  for (const key in value) if (isDoubtful((value as Record<string, unknown>)[key])) return true;
  return false;
}

/** Decides for most fields without a call. */
function isDoubtful(value: unknown): boolean {
  return typeof value === "number"
    ? !isExact(value)
    : typeof value === "object" && value !== null && mayDiffer(value);
}

/** Whether a number is certainly the one in the text. A number that is too small for JavaScript is parsed as 0. */
function isExact(value: number): boolean {
  return value < MAX_SAFE_INTEGER && value > MIN_SAFE_INTEGER && value !== 0;
}

/** Checks each number in text that is valid JSON. */
function checkNumbers(text: string): void {
  /** For each open bracket, the key or index of the next value. */
  const path: (string | number)[] = [];
  let beforeColon: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    switch (token[0]) {
      case "{":
        path.push("");
        break;
      case "[":
        path.push(0);
        break;
      case "}":
      case "]":
        path.pop();
        break;
      case ":":
        path[path.length - 1] = beforeColon!;
        break;
      case ",":
        if (typeof path.at(-1) === "number") (path[path.length - 1] as number)++;
        break;
      case '"':
        beforeColon = token;
        break;
      default:
        if (!isHeld(token)) throw refusal(token, path);
    }
  }
}

/** Whether JavaScript can represent a number: written again, it has the same text or the same value. */
function isHeld(token: string): boolean {
  const number = Number(token);
  if (!Number.isFinite(number)) return Number.isNaN(number);
  const whole = token.replace(/\.0+$/, "");
  // A fraction may be rounded, but not to 0.
  if (!/^-?\d+$/.test(whole)) return number !== 0 || !/^[^eE]*[1-9]/.test(token);
  return Number.isSafeInteger(number) || String(number) === whole || BigInt(number) === BigInt(whole);
}

function refusal(token: string, path: (string | number)[]): TaskInputError {
  const place = path.map((at) => typeof at === "number" ? `[${at}]` : keyText(JSON.parse(at))).join("");
  const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
  return new TaskInputError(
    `input${place} is ${shown}, which JavaScript would read as ${Number(token)}. ` +
      "Write the number in quotes, or read each line as a string with --from lines.",
  );
}

function keyText(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
