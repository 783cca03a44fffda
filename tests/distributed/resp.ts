/** Cuts a stream of Redis's protocol (RESP2 or RESP3) into its values: commands one way, replies the other. */

import { Buffer } from "node:buffer";

/** The values of one direction of a connection. */
export class RespStream {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes bytes in, and returns the values that are complete, as they stand. */
  push(bytes: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const values: Buffer[] = [];
    for (;;) {
      const end = endOf(this.#rest, 0);
      if (end === undefined) return values;
      values.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** The name of a command. */
export function nameOf(command: Buffer): string {
  return command.toString("latin1").split("\r\n")[2]?.toUpperCase() ?? "";
}

/** Kinds of values with a length in bytes: strings, errors and verbatim strings. */
const BULKS = new Set(["$", "!", "="]);

/** How many values follow for each element of an array, a set, a push or a map. */
const ITEMS = new Map([["*", 1], ["~", 1], [">", 1], ["%", 2]]);

/** Where the value that begins at `at` ends; undefined if it is not complete. */
function endOf(bytes: Buffer, at: number): number | undefined {
  const line = bytes.indexOf("\r\n", at);
  if (line === -1) return undefined;
  const [kind, count] = [String.fromCharCode(bytes[at]), Number(bytes.toString("latin1", at + 1, line))];
  let end = line + 2;
  if (BULKS.has(kind) && count >= 0) end += count + 2;
  else {
    const items = count * (ITEMS.get(kind) ?? 0);
    for (let item = 0; item < items; item++) {
      const next = endOf(bytes, end);
      if (next === undefined) return undefined;
      end = next;
    }
  }
  return end <= bytes.length ? end : undefined;
}
