/** Bytes → blocks of lines, and blocks → what a run takes. */
import { describe, expect, test } from "vitest";
import type { InputFile } from "../../lib/cli/input/files/input_file.ts";
import { LineSplitter } from "../../lib/cli/input/formats/line_splitter.ts";
import type { Block, Line } from "../../lib/cli/input/formats/splitter.ts";
import { LineSource } from "../../lib/cli/input/line_source.ts";

const encoder = new TextEncoder();

function blocksOf(...chunks: (string | number[] | Uint8Array)[]): Block[] {
  const splitter = new LineSplitter({ skipBlank: false });
  const blocks = chunks.flatMap((chunk) =>
    splitter.push(typeof chunk === "string" ? encoder.encode(chunk) : new Uint8Array(chunk))
  );
  return [...blocks, ...splitter.end()];
}

function split(...chunks: (string | number[] | Uint8Array)[]): Line[] {
  const blocks = blocksOf(...chunks);
  const lines = blocks.flatMap(({ lines }) => lines.toArray());
  // However they are asked for, they are the same.
  expect(blocks.flatMap(({ lines }) => Array.from({ length: lines.length }, (_, at) => lines.at(at))))
    .toEqual(lines);
  return lines;
}

describe("LineSplitter", () => {
  test("lines end at newlines, the last one with or without", () => {
    expect(split("a\nb\n")).toEqual(["a", "b"]);
    expect(split("a\nb")).toEqual(["a", "b"]);
    expect(split("")).toEqual([]);
    expect(split("\n\n")).toEqual(["", ""]);
  });

  test("one carriage return before a newline is stripped", () => {
    expect(split("a\r\nb\r\r\nc\rd\r\n\r\ne\r")).toEqual(["a", "b\r", "c\rd", "", "e"]);
  });

  test("every way to cut the bytes into chunks gives the same lines", () => {
    const bytes = encoder.encode("äöü\r\n€uro\n\n日本語 😀\nend");
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        expect(split(bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)))
          .toEqual(["äöü", "€uro", "", "日本語 😀", "end"]);
      }
    }
  });

  test("a byte order mark is dropped at the very start and nowhere else, wherever the chunks end", () => {
    const bytes = encoder.encode("\ufeffa\n\ufeffb\n");
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(split(bytes.slice(0, cut), bytes.slice(cut))).toEqual(["a", "\ufeffb"]);
    }
    expect(split("\ufeff")).toEqual([]);
    expect(split("\ufeff\n")).toEqual([""]);
  });

  test("a line that is not UTF-8 is handed on as bytes, its neighbours as text", () => {
    expect(split([0x61, 10, 0xff, 0x62, 13, 10, 0xc3, 0xa4, 10])).toEqual([
      "a",
      new Uint8Array([0xff, 0x62]),
      "ä",
    ]);
    expect(split([0x61, 10, 0xc3])).toEqual(["a", new Uint8Array([0xc3])]);
  });

  test("a chunk's memory may be used again", () => {
    const splitter = new LineSplitter({ skipBlank: false });
    const chunk = encoder.encode("one\ntw");
    const blocks = splitter.push(chunk);
    chunk.fill(0x7a);
    blocks.push(...splitter.push(encoder.encode("o\n")));
    expect(blocks.flatMap(({ lines }) => lines.toArray())).toEqual(["one", "two"]);
  });

  test("blocks know the numbers of their lines, blank ones counted where they are skipped", () => {
    const splitter = new LineSplitter({ skipBlank: true });
    const blocks = splitter.push(encoder.encode("\n1\n2\n \t\r\n\n3\n\u00a0\n")).concat(
      splitter.push(encoder.encode("4")),
    );
    blocks.push(...splitter.end());
    expect(blocks.map(({ lines, number }) => [number, ...lines.toArray()])).toEqual([
      [2, "1", "2"],
      // White space of Unicode alone begins no blank line: JSON says that it is wrong.
      [6, "3", "\u00a0"],
      [8, "4"],
    ]);
  });

  test("a line longer than many chunks is put together", () => {
    const piece = "x".repeat(1000);
    expect(split(...Array(50).fill(piece), "\n")).toEqual([piece.repeat(50)]);
  });
});

/** A file that gives these chunks, and counts how often it was read. */
function fakeFile(chunks: (string | Error)[]) {
  const file = {
    name: "fake",
    reads: 0,
    read() {
      const chunk = chunks[file.reads++] ?? "";
      return chunk instanceof Error ? Promise.reject(chunk) : Promise.resolve(encoder.encode(chunk));
    },
  };
  return file as unknown as InputFile & { reads: number };
}

function sourceOf(file: InputFile, { skipBlank = false } = {}): LineSource {
  const format = { encoding: "text", unit: "line", splitter: () => new LineSplitter({ skipBlank }) } as const;
  return new LineSource({ files: [file], format });
}

async function collect(source: LineSource): Promise<Line[]> {
  const lines: Line[] = [];
  while (!source.ended) {
    lines.push(...source.take()?.toArray() ?? []);
    await source.read();
  }
  return lines;
}

describe("LineSource", () => {
  test("blank lines are skipped where asked, and counted all the same", async () => {
    const source = sourceOf(fakeFile(["1\n\n  \t\n2\n", "\n3"]), { skipBlank: true });
    expect(await collect(source)).toEqual(["1", "2", "3"]);
    expect([0, 1, 2].map((index) => source.places.originOf(index))).toEqual([
      { index: 0, number: 1, line: "1", place: "line 1" },
      { index: 1, number: 4, line: "2", place: "line 4" },
      { index: 2, number: 6, line: "3", place: "line 6" },
    ]);
    expect(source.pulled).toBe(3);
    expect(source.exhausted).toBe(true);
  });

  test("empty lines are inputs where blank ones are not skipped", async () => {
    expect(await collect(sourceOf(fakeFile(["a\n\n", "b\n"])))).toEqual([
      "a",
      "",
      "b",
    ]);
  });

  test("nothing is read before lines are taken, and no further than needed", async () => {
    const file = fakeFile(["a\nb\n", "c\n"]);
    const source = sourceOf(file);
    expect([source.take(), file.reads]).toEqual([undefined, 0]);
    await source.read();
    expect(source.take()?.toArray()).toEqual(["a", "b"]);
    expect(file.reads).toBe(1);
  });

  test("stop() ends a pull that waits for a read that never returns", async () => {
    const file = { read: () => new Promise<Uint8Array>(() => {}) } as unknown as InputFile;
    const source = sourceOf(file);
    const read = source.read();
    source.stop();
    await read;
    expect([source.ended, source.take()]).toEqual([true, undefined]);
    expect(source.exhausted).toBe(false);
  });

  test("a read error ends the lines and is kept", async () => {
    const error = new Error("disk on fire");
    const source = sourceOf(fakeFile(["a\n", error]));
    expect(await collect(source)).toEqual(["a"]);
    expect(source.failure).toBe(error);
    expect(source.exhausted).toBe(false);
  });

  test("lines wait while too much text is on its way, until some settles", async () => {
    const long = "x".repeat(40 * 1024 * 1024);
    const source = sourceOf(fakeFile([`${long}\n`, `${long}\n`, "short\n"]));
    await source.read();
    source.take();
    await source.read();
    source.take();
    let arrived = false;
    const third = source.read().then(() => arrived = true);
    await Promise.resolve();
    expect(arrived).toBe(false);
    source.settle(0);
    await third;
    await source.read();
    expect(source.take()?.toArray()).toEqual(["short"]);
  });

  test("inputs that settle in any order are forgotten, and the others are not", async () => {
    const source = sourceOf(fakeFile(["1\n2\n\n3\n", "4\n5\n"]), { skipBlank: true });
    await collect(source);
    for (const [index, count] of [[3, 1], [0, 2], [4, 1]]) source.settle(index, count);
    expect(source.places.originOf(2)).toEqual({ index: 2, number: 4, line: "3", place: "line 4" });
    source.settle(2);
    expect(source.places.originOf(2).line).toBe("");
  });
});
