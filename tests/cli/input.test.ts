/** Bytes → lines, and lines → what `map` pulls. */
import { describe, expect, test } from "vitest";
import type { InputFile } from "../../lib/cli/input/input_file.ts";
import { type Line, LineSplitter } from "../../lib/cli/input/line_splitter.ts";
import { LineSource } from "../../lib/cli/input/line_source.ts";

const encoder = new TextEncoder();

function split(...chunks: (string | number[] | Uint8Array)[]): Line[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) =>
    splitter.push(typeof chunk === "string" ? encoder.encode(chunk) : new Uint8Array(chunk))
  );
  return [...lines, ...splitter.end()];
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
    const splitter = new LineSplitter();
    const chunk = encoder.encode("one\ntw");
    const lines = splitter.push(chunk);
    chunk.fill(0x7a);
    expect([...lines, ...splitter.push(encoder.encode("o\n"))]).toEqual(["one", "two"]);
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

async function collect(source: LineSource): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of source) lines.push(line);
  return lines;
}

describe("LineSource", () => {
  test("blank lines are skipped where asked, and counted all the same", async () => {
    const source = new LineSource(fakeFile(["1\n\n  \t\n2\n", "\n3"]), { skipBlank: true });
    expect(await collect(source)).toEqual(["1", "2", "3"]);
    expect([0, 1, 2].map((index) => source.originOf(index))).toEqual([
      { number: 1, line: "1" },
      { number: 4, line: "2" },
      { number: 6, line: "3" },
    ]);
    expect(source.pulled).toBe(3);
    expect(source.exhausted).toBe(true);
  });

  test("empty lines are inputs where blank ones are not skipped", async () => {
    expect(await collect(new LineSource(fakeFile(["a\n\n", "b\n"]), { skipBlank: false }))).toEqual([
      "a",
      "",
      "b",
    ]);
  });

  test("nothing is read before a line is pulled, and no further than needed", async () => {
    const file = fakeFile(["a\nb\n", "c\n"]);
    const iterator = new LineSource(file, { skipBlank: false })[Symbol.asyncIterator]();
    expect(file.reads).toBe(0);
    await iterator.next();
    await iterator.next();
    expect(file.reads).toBe(1);
  });

  test("stop() ends a pull that waits for a read that never returns", async () => {
    const file = { read: () => new Promise<Uint8Array>(() => {}) } as unknown as InputFile;
    const source = new LineSource(file, { skipBlank: false });
    const next = source[Symbol.asyncIterator]().next();
    source.stop();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(source.exhausted).toBe(false);
  });

  test("a read error ends the lines and is kept", async () => {
    const error = new Error("disk on fire");
    const source = new LineSource(fakeFile(["a\n", error]), { skipBlank: false });
    expect(await collect(source)).toEqual(["a"]);
    expect(source.failure).toBe(error);
    expect(source.exhausted).toBe(false);
  });

  test("lines wait while too much text is on its way, until some settles", async () => {
    const long = "x".repeat(40 * 1024 * 1024);
    const source = new LineSource(fakeFile([`${long}\n`, `${long}\n`, "short\n"]), { skipBlank: false });
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    let arrived = false;
    const third = Promise.resolve(iterator.next()).then((next) => (arrived = true, next));
    await Promise.resolve();
    expect(arrived).toBe(false);
    source.settle(0);
    expect(await third).toEqual({ done: false, value: "short" });
  });
});
