/**
 * The functions of `Buffer` that modules call which use the result as bytes only.
 *
 * @module
 */

import { whole } from "./whole.ts";

const encoder = new TextEncoder();

const light: Record<string, unknown> = {
  from: (text: string, ...more: unknown[]): Uint8Array =>
    typeof text === "string" && more.length === 0
      ? encoder.encode(text)
      : whole("node:buffer").Buffer.from(text, ...more),
  alloc: (length: number): Uint8Array => new Uint8Array(length),
  concat(pieces: Uint8Array[]): Uint8Array {
    const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  },
};

export const Buffer: Record<string, unknown> = new Proxy(light, {
  get: (own, name: string) => Object.hasOwn(own, name) ? own[name] : whole("node:buffer").Buffer[name],
});
