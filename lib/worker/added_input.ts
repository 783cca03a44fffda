/**
 * Checks the inputs that bodies hand in by `context.add`, and brings them into the form in which the other inputs of their map or
 * run are sent.
 */

import { includes, isWellFormed } from "../wire/intrinsics.ts";
import { toJson } from "../wire/json_text.ts";
import type { Encoding } from "../wire/encoding.ts";

const { TypeError } = globalThis;

/** Returns the form in which an input is sent. Throws a `TypeError` if the input, or the task, is of the wrong kind. */
export type AddedInput = (input: unknown) => unknown;

/** Returns a function that converts the inputs that a task hands in, or refuses them. */
export function addedInputOf({ input = "value", batch, adds }: Encoding): AddedInput {
  if (batch) {
    return refusing("a call that takes several inputs (--batch) cannot add inputs: leave --batch out");
  }
  if (typeof adds === "string") return refusing(adds);
  if (!adds) {
    return refusing(
      "only a task of a map() or of polyloop run can add inputs: this one has no map that they could join",
    );
  }
  switch (input) {
    case "json":
    case "record":
      return (added) => json(given(added));
    case "text":
      return (added) => line(given(added));
    case "value":
      return given;
    default:
      return input satisfies never;
  }
}

function refusing(why: string): AddedInput {
  return () => {
    throw new TypeError(`context.add(): ${why}`);
  };
}

function given(added: unknown): unknown {
  if (added === undefined) throw new TypeError("context.add() needs an input, got undefined");
  return added;
}

function json(added: unknown): string {
  try {
    return toJson(added, { of: "input" });
  } catch (error) {
    throw new TypeError(`context.add(): ${(error as Error).message}`);
  }
}

function line(added: unknown): string {
  if (typeof added !== "string") {
    throw new TypeError(
      `context.add(): with --from lines, inputs are texts, and this one is ${
        added === null ? "null" : `a ${typeof added}`
      }. ` +
        "Add a text, or read JSON lines (--from jsonl)",
    );
  }
  if (includes(added, "\n")) {
    throw new TypeError("context.add(): with --from lines, an input is one line, and this one has several");
  }
  if (!isWellFormed(added)) {
    throw new TypeError(
      "context.add(): the text contains half of a surrogate pair, which UTF-8 cannot represent",
    );
  }
  return added;
}
