/** Decodes the bytes that a worker prints. The bytes of one character may arrive in two parts. */

import type { OnOutput, OutputStream } from "./backend.ts";

/** Returns a function that takes the bytes of a stream and passes on their text. */
export function outputText(stream: OutputStream, onOutput: OnOutput): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text) onOutput(stream, text);
  };
}
