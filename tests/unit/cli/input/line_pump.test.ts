import { describe, expect, test } from "vitest";
import { LinePump } from "../../../../lib/cli/input/line_pump.ts";
import type { FeedSink } from "../../../../lib/executor/tasks/feed.ts";
import { Lines } from "../../../../lib/wire/lines.ts";
import { linesOf } from "../../../lines_of.ts";

/** A pump over blocks of texts, what it pushed, and the executor's end of its feed. */
function setUp(blocks: string[][], { sink = {}, isInstant = false, ...more }: {
  sink?: Partial<ConstructorParameters<typeof LinePump>[0]["sink"]>;
  prepare?: () => Promise<void> | undefined;
  select?: (lines: Lines, index: number) => Iterable<Lines>;
  signal?: AbortSignal;
  drain?: AbortSignal;
  /** Whether inputs succeed as they are pushed. */
  isInstant?: boolean;
} = {}) {
  const pushed: string[] = [];
  const log: string[] = [];
  let executor: FeedSink;
  const succeed = (index: number, count: number) =>
    executor.succeeded(index, 1, Array.from({ length: count }, () => "x"), 1);
  const source = {
    ended: blocks.length === 0,
    pulled: 0,
    isFull: false,
    reader: { isFile: true },
    take() {
      const block = blocks.shift();
      if (!block) return undefined;
      source.pulled += block.length;
      return linesOf(...block);
    },
    read: () => Promise.resolve(void (source.ended = true)),
    stop: () => void (source.ended = true),
  };
  const { prepare, select, signal, drain } = more;
  const pump = new LinePump({
    executor: {
      feed(_task, sink) {
        executor = sink;
        return {
          push(lines: Lines) {
            pushed.push(...lines.toArray() as string[]);
            if (isInstant) succeed(pushed.length - lines.length, lines.length);
          },
          arrived: () => void log.push("arrived"),
          cancel: (reason: unknown) => void log.push(`cancel ${reason}`),
          drain: (reason: unknown) => void log.push(`drain ${reason}`),
        } as never;
      },
    },
    task: "work",
    options: { signal, drain } as never,
    source: source as never,
    sink: { succeeded: () => undefined, settled: () => undefined, ...sink },
    prepare,
    select,
  });
  const ended = pump.run();
  return { pushed, log, ended, succeed, executor: executor! };
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

describe("a pump", () => {
  test("moves all blocks, and ends when every input has settled", async () => {
    const { pushed, ended, succeed, executor } = setUp([["a", "b"], ["c"]]);
    let hasEnded = false;
    ended.then(() => hasEnded = true);
    await settle();
    expect([pushed, hasEnded]).toEqual([["a", "b", "c"], false]);
    succeed(0, 2);
    await settle();
    expect(hasEnded).toBe(false);
    executor.settled(2, { ok: false, value: new Error("c") });
    await ended;
  });

  test("without inputs ends at once", async () => {
    const { pushed, ended } = setUp([]);
    await ended;
    expect(pushed).toEqual([]);
  });

  test("reads nothing more while its sink asks for a pause", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const pauses = [promise, undefined];
    const { pushed, ended } = setUp([["a"], ["b"]], {
      isInstant: true,
      sink: { succeeded: () => pauses.shift() },
    });
    await settle();
    expect(pushed).toEqual(["a"]);
    resolve();
    await ended;
    expect(pushed).toEqual(["a", "b"]);
  });

  test("moves only lines that have to run, and knows the index of each block", async () => {
    const indices: number[] = [];
    const { pushed, ended, succeed } = setUp([["a", "b"], ["c", "d"]], {
      *select(lines, index) {
        indices.push(index);
        yield lines.slice(1);
      },
    });
    await settle();
    expect([pushed, indices]).toEqual([["b", "d"], [0, 2]]);
    succeed(0, 2);
    await ended;
  });
});

describe.each(["signal", "drain"] as const)("a %s", (name) => {
  const word = name === "signal" ? "cancel" : "drain";

  test("that is aborted while lines are prepared keeps them from running", async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const pauses = [undefined, promise];
    const { pushed, ended, executor } = setUp([["a"], ["b"]], {
      [name]: controller.signal,
      prepare: () => pauses.shift(),
    });
    await settle();
    controller.abort("enough");
    resolve();
    executor.settled(0, { ok: false, value: "enough" });
    await ended;
    expect(pushed).toEqual(["a"]);
  });

  test("that is aborted stops reading, and is passed on with its reason", async () => {
    const controller = new AbortController();
    const { log, ended, executor } = setUp([["a"]], { [name]: controller.signal });
    await settle();
    controller.abort("enough");
    expect(log.at(-1)).toBe(`${word} enough`);
    executor.settled(0, { ok: false, value: "enough" });
    await ended;
  });

  test("that was aborted before reads nothing", async () => {
    const { log, pushed, ended } = setUp([["a"]], { [name]: AbortSignal.abort("early") });
    await ended;
    expect([log, pushed]).toEqual([[`${word} early`], []]);
  });
});
