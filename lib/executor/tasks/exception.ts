/** Describes a thrown value by OpenTelemetry's semantic conventions for exceptions. */

import type { SpanAttributes } from "../../wire/telemetry.ts";
import { thrownText } from "../../wire/thrown_text.ts";

/** Maximum length of a text, in characters, because a thrown value may be a whole document. A guess. */
const MOST_TEXT = 8_192;

/** The attributes `exception.type`, `exception.message` and, if there is a stack, `exception.stacktrace`. */
export function exceptionAttributes(thrown: unknown): SpanAttributes {
  const attributes: SpanAttributes = {
    "exception.type": typeOf(thrown),
    "exception.message": shortened(messageOf(thrown)),
  };
  const stack = fieldOf(thrown, "stack");
  if (stack) attributes["exception.stacktrace"] = shortened(stack);
  return attributes;
}

/** The attribute `error.type`: the name of the error's class; for another value, the name of its type. */
export function typeOf(thrown: unknown): string {
  const name = fieldOf(thrown, "name");
  if (name) return shortened(name);
  if (typeof thrown !== "object") return typeof thrown;
  if (thrown instanceof Error) return "Error";
  return thrown === null ? "null" : Array.isArray(thrown) ? "Array" : "Object";
}

/** The text of a span's status, such as `RangeError: too much`. */
export function statusOf(thrown: unknown): string {
  const message = shortened(messageOf(thrown));
  if (!(thrown instanceof Error)) return message;
  return message ? `${typeOf(thrown)}: ${message}` : typeOf(thrown);
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return fieldOf(thrown, "message") ?? "";
  return fieldOf(thrown, "message") || thrownText(thrown);
}

/** A string property of an object; undefined if there is none, or its getter throws. */
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
