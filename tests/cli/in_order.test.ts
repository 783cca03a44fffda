/** Outcomes as they finish → outcomes in input order; and a source that waits for those that are open. */
import { describe, expect, test } from "vitest";
import type { InputFile } from "../../lib/cli/input/files/input_file.ts";
import { LineSource } from "../../lib/cli/input/line_source.ts";
import { LineSplitter } from "../../lib/cli/input/formats/line_splitter.ts";
import { InOrder } from "../../lib/executor/calls/in_order.ts";

function collect(ordered: boolean) {
  const written: string[] = [];
  const order = new InOrder<string>(ordered, (text) => void written.push(text));
  return { written, order };
}

describe("InOrder", () => {
  test("what is ahead waits for its turn", () => {
    const { written, order } = collect(true);
    order.add(2, "c");
    order.add(1, "b");
    expect(written).toEqual([]);
    order.add(0, "a");
    expect(written).toEqual(["a", "b", "c"]);
    order.add(3, "d");
    expect(written).toEqual(["a", "b", "c", "d"]);
  });

  test("unordered, nothing waits", () => {
    const { written, order } = collect(false);
    order.add(2, "c");
    order.add(0, "a");
    expect(written).toEqual(["c", "a"]);
  });

  test("an input without an outcome holds up no others", async () => {
    const { written, order } = collect(true);
    order.add(1, "b");
    order.add(0, undefined);
    expect(written).toEqual(["b"]);
    order.add(5, "f");
    order.add(4, undefined);
    order.add(3, "d");
    await order.finish();
    expect(written).toEqual(["b", "d", "f"]);
  });

  test("outcomes of several inputs take the place of all of them", () => {
    const { written, order } = collect(true);
    order.add(6, "g-i", 3);
    order.add(2, "c-e", 3);
    order.add(9, "j");
    order.add(0, "a-b", 2);
    expect(written).toEqual(["a-b", "c-e"]);
    order.add(5, undefined);
    expect(written).toEqual(["a-b", "c-e", "g-i", "j"]);
  });

  test("adding waits for the writer", async () => {
    let go = () => {};
    const order = new InOrder<string>(true, () => new Promise<void>((resolve) => go = resolve));
    order.add(1, "b");
    const full = order.add(0, "a");
    expect(full).toBeInstanceOf(Promise);
    go();
    await full;
  });
});

test("a source hands out no more than its window, and goes on when a quarter has settled", async () => {
  const chunks = [new TextEncoder().encode("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), new Uint8Array(0)];
  const file = { read: () => Promise.resolve(chunks.shift()!) } as unknown as InputFile;
  const format = {
    encoding: "json",
    unit: "line",
    splitter: () => new LineSplitter({ skipBlank: true }),
  } as const;
  const source = new LineSource({ files: [file], format }, { window: 8 });
  await source.read();
  expect(source.take()?.length).toBe(8);
  let came = false;
  const ninth = source.read().then(() => came = true);
  source.settle(7);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([came, source.take()]).toEqual([false, undefined]);
  source.settle(0);
  await ninth;
  expect(source.take()?.toArray()).toEqual(["9"]);
});
