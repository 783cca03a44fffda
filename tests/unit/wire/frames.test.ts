import { expect, test } from "vitest";
import { frame, FrameReader, makeSeal } from "../../../lib/wire/frames.ts";

const seal = makeSeal();
const bytesOf = (text: string) => new TextEncoder().encode(text);

function reader() {
  const got: string[] = [];
  const made = new FrameReader({
    seal,
    onMessage: (message) => got.push(new TextDecoder().decode(message)),
    onForeign: () => got.push("FOREIGN"),
  });
  return { reader: made, got };
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

test("messages are the same, however the stream is cut", () => {
  const stream = join(
    frame(bytesOf("one"), seal),
    frame(bytesOf(""), seal),
    frame(bytesOf("x".repeat(300)), seal),
  );
  for (const size of [1, 2, 7, 11, 12, 13, 100, 1_000]) {
    const { reader: frames, got } = reader();
    for (let at = 0; at < stream.length; at += size) frames.push(stream.subarray(at, at + size));
    expect(got).toEqual(["one", "", "x".repeat(300)]);
  }
});

test("bytes without the seal are foreign, and nothing after them is delivered", () => {
  const { reader: frames, got } = reader();
  frames.push(join(frame(bytesOf("one"), seal), bytesOf("printed by a task"), frame(bytesOf("two"), seal)));
  frames.push(frame(bytesOf("three"), seal));
  expect(got).toEqual(["one", "FOREIGN"]);
});

test("two seals differ", () => {
  expect(makeSeal()).not.toEqual(seal);
});
