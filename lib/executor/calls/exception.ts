/**
 * Describes a thrown value by OpenTelemetry's semantic conventions for exceptions.
 *
 * @module
 */

import type { SpanAttributes } from "../../wire/telemetry.ts";
import { thrownText } from "../../wire/thrown_text.ts";

/** So many characters of a text are told: what tasks throw may be a whole document. */
const MOST_TEXT = 8_192;

/** `exception.type`, `exception.message` and, where there is one, `exception.stacktrace`. */
export function exceptionAttributes(thrown: unknown): SpanAttributes {
  const attributes: SpanAttributes = {
    "exception.type": typeOf(thrown),
    "exception.message": shortened(messageOf(thrown)),
  };
  const stack = fieldOf(thrown, "stack");
  if (stack) attributes["exception.stacktrace"] = shortened(stack);
  return attributes;
}

/** `error.type`: the name of the error's class; for what is no error, what JavaScript calls it. */
export function typeOf(thrown: unknown): string {
  const name = fieldOf(thrown, "name");
  if (name) return shortened(name);
  if (typeof thrown !== "object") return typeof thrown;
  if (thrown instanceof Error) return "Error";
  return thrown === null ? "null" : Array.isArray(thrown) ? "Array" : "Object";
}

/** `RangeError: too much`, as a span's status has it. */
export function statusOf(thrown: unknown): string {
  const message = shortened(messageOf(thrown));
  if (!(thrown instanceof Error)) return message;
  return message ? `${typeOf(thrown)}: ${message}` : typeOf(thrown);
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return fieldOf(thrown, "message") ?? "";
  return fieldOf(thrown, "message") || thrownText(thrown);
}

/** A text of an object, which may be a getter that throws. */
function fieldOf(thrown: unknown, name: "name" | "message" | "stack"): string | undefined {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  try {
    const value = (thrown as Record<string, unknown>)[name];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function shortened(text: string): string {
  if (text.length <= MOST_TEXT) return text;
  return `${text.slice(0, MOST_TEXT).toWellFormed()}…`;
}
