import { expect, test } from "vitest";
import { Asides } from "../../../lib/backends/asides.ts";
import { joined } from "../../../lib/wire/bytes.ts";
import { frame, makeSeal } from "../../../lib/wire/frames.ts";

const seal = makeSeal();
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What comes out of a stream that arrives in pieces of `size` bytes. */
function sort(stream: Uint8Array, size = stream.length) {
  const messages: string[] = [];
  const rest: Uint8Array[] = [];
  const asides = new Asides({
    seal,
    onMessage: (message) => messages.push(new TextDecoder().decode(message)),
    onRest: (bytes) => rest.push(bytes),
  });
  for (let at = 0; at < stream.length; at += size) asides.push(stream.subarray(at, at + size));
  const before = joined(rest);
  asides.end();
  return { messages, rest: joined(rest), before };
}

test("messages are taken out from between other bytes, however the stream is cut", () => {
  const printed = [bytesOf("one"), Uint8Array.of(255, 0, 255), bytesOf("größer\n"), seal.subarray(0, 5)];
  const stream = joined([
    printed[0],
    frame(bytesOf("a"), seal),
    frame(bytesOf("b"), seal),
    printed[1],
    frame(bytesOf(""), seal),
    printed[2],
    printed[3],
  ]);
  for (const size of [1, 2, 3, 7, 12, 13, 1_000]) {
    const { messages, rest } = sort(stream, size);
    expect(messages).toEqual(["a", "b", ""]);
    expect(rest).toEqual(joined(printed));
  }
});

test("text is passed on to its last byte, and nothing waits for a length that no message has", () => {
  for (const text of ["é", "no newline", "\u{10ffff}"]) {
    expect(new TextDecoder().decode(sort(bytesOf(text)).before)).toBe(text);
  }
  const long = frame(new Uint8Array(1_000), seal);
  expect(sort(long.subarray(0, 500)).before).toEqual(long.subarray(0, 500));
});
