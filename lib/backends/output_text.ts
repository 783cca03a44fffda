/**
 * The bytes that a worker writes to one of its streams, as text: a character may come in two parts.
 *
 * @module
 */

import type { OnOutput, OutputStream } from "./backend.ts";

/** Takes the bytes of a stream, and hands on their text. */
export function outputText(stream: OutputStream, onOutput: OnOutput): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text) onOutput(stream, text);
  };
}
