/** What needs no broker: names, checks at the boundary, texts that cross, sizes of chunks. */

import { describe, expect, test } from "vitest";
import { DistributedExecutor, serveTasks } from "../../lib/distributed/mod.ts";
import { packResults, packTexts, unpackKeyed, unpackResults } from "../../lib/distributed/broker/encoding.ts";
import { errorOf } from "../../lib/distributed/server/error_json.ts";
import { brokerError } from "../../lib/distributed/broker/errors.ts";
import { isName, jobId, Keys, newToken, partsOfJobId } from "../../lib/distributed/broker/names.ts";
import {
  type ChunkData,
  chunkSchema,
  MOST_BATCH,
  PROTOCOLS,
  resultsSchema,
  shown,
} from "../../lib/distributed/broker/protocol.ts";
import { Sizer } from "../../lib/distributed/producer/sizer.ts";
import { valueSink } from "../../lib/distributed/runner/value_sink.ts";
import { fromErrorData } from "../../lib/wire/error_data.ts";
import { Lines } from "../../lib/wire/lines.ts";

const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);
const encoder = new TextEncoder();

const CHUNK: ChunkData = {
  v: 1,
  run: "run",
  token: "token",
  task: "square",
  fingerprint: "0".repeat(64),
  input: "json",
  output: "json",
  options: {},
  count: 2,
  lines: "1\n2\n",
  base64: false,
  keys: "run.token.1",
  first: 7,
};

function lines(text: string): Lines {
  return new Lines(encoder.encode(text), text.split("\n").length - 1);
}

describe("names", () => {
  test.each(["a", "emails", "run-2026_11.24", "0".repeat(64)])("%s is one", (name) => {
    expect(isName(name)).toBe(true);
  });

  test.each(["", "-a", ".", "a b", "a:b", "a*", "a/b", "ä", "a\n", "__proto__", "0".repeat(65)])(
    "%j is none",
    (name) => {
      expect(isName(name)).toBe(false);
      expect(() => new DistributedExecutor(TASKS, { redis: "redis://localhost", run: name })).toThrow(
        RangeError,
      );
      expect(() => new DistributedExecutor(TASKS, { redis: "redis://localhost", queue: name })).toThrow(
        RangeError,
      );
    },
  );

  test("all keys of a queue begin with its prefix", () => {
    const keys = new Keys("emails");
    const all = [
      keys.workers,
      keys.worker("w"),
      keys.notes("w"),
      keys.runs,
      keys.lock("r"),
      keys.fence("r"),
      keys.probe,
    ];
    for (const key of [...all, keys.about("r"), keys.wake("r"), keys.cancelled("r"), keys.parts("j")]) {
      expect(key.startsWith("polyloop:emails:")).toBe(true);
    }
  });

  test("a chunk's id tells its run and its producer", () => {
    const token = newToken();
    expect(partsOfJobId(jobId("my-run.1", token, 12))).toEqual({ run: "my-run.1", token });
    expect(partsOfJobId("something else")).toBeUndefined();
  });
});

describe("what is refused at once", () => {
  test.each(["http://localhost", "localhost:6379", "redis://", "redis://h/a", ""])("the URL %j", (redis) => {
    expect(() => new DistributedExecutor(TASKS, { redis })).toThrow(/redis must be redis:\/\/HOST:PORT/);
  });

  test("a wrong URL is not repeated: a password may be in it", () => {
    const open = () => new DistributedExecutor(TASKS, { redis: "http://user:secret@host" });
    expect(open).toThrow(/^(?!.*secret)/);
  });

  test("chunks of no input, or of too many", () => {
    for (const chunkSize of [0, 257, 1.5, NaN]) {
      expect(() => new DistributedExecutor(TASKS, { redis: "redis://h", chunkSize })).toThrow(RangeError);
    }
  });

  test("a function in place of a module", () => {
    const open = () => new DistributedExecutor((() => 1) as unknown as URL, { redis: "redis://h" });
    expect(open).toThrow(/functions cannot be sent/);
  });

  test("a worker whose tasks would run in the thread of the broker's client", async () => {
    const options = { redis: "redis://h", isolation: "none" } as unknown as { redis: string };
    await expect(serveTasks(TASKS, options)).rejects.toThrow(/isolation must be "thread" or "process"/);
  });
});

describe("what crosses", () => {
  test("a chunk as it is made passes", () => {
    expect(chunkSchema.parse(CHUNK)).toEqual(CHUNK);
  });

  test.each<[string, Record<string, unknown>]>([
    ["more than is known", { code: "x => x" }],
    ["a run by no name", { run: "../etc" }],
    ["no inputs", { count: 0 }],
    ["too many inputs", { count: MOST_BATCH + 1 }],
    ["50 MB", { lines: "x".repeat(50e6) }],
    ["another version", { v: Math.max(...PROTOCOLS) + 1 }],
    ["keys that break the line", { keys: ["a\tb", "c"] }],
    ["an option that is none", { options: { permissions: "inherit" } }],
  ])("a chunk with %s does not", (_, change) => {
    expect(chunkSchema.safeParse({ ...CHUNK, ...change }).success).toBe(false);
  });

  test("each input gets its key", () => {
    expect(unpackKeyed(CHUNK)!.toArray()).toEqual(["run.token.1-7\t1", "run.token.1-8\t2"]);
    expect(unpackKeyed({ ...CHUNK, keys: ["a", "b"] })!.toArray()).toEqual(["a\t1", "b\t2"]);
  });

  test("inputs that are not as many as announced are none", () => {
    expect(unpackKeyed({ ...CHUNK, lines: "1\n2\n3\n" })).toBeUndefined();
    expect(unpackKeyed({ ...CHUNK, lines: "1\n2" })).toBeUndefined();
    expect(unpackKeyed({ ...CHUNK, keys: ["a"] })).toBeUndefined();
    expect(unpackKeyed({ ...CHUNK, base64: true, lines: "MQo=" })).toBeUndefined();
  });

  test("inputs that are no UTF-8 arrive byte by byte", () => {
    const bytes = new Uint8Array([0xff, 0x41, 10, 0x42, 10]);
    const packed = packTexts(new Lines(bytes, 2));
    expect(packed.base64).toBe(true);
    const keyed = unpackKeyed({ ...CHUNK, ...packed, keys: ["a", "b"] })!;
    expect([...keyed.bytesAt(0)]).toEqual([0x61, 9, 0xff, 0x41]);
    expect([...keyed.bytesAt(1)]).toEqual([0x62, 9, 0x42]);
  });

  test.each<[string, string[]]>([
    ["plain", ["1", "", '"ä"']],
    ["with line ends", ["a\nb", "c"]],
    ["half a surrogate pair", ["\ud800", "b"]],
  ])("results arrive as they were: %s", (_, texts) => {
    const packed = JSON.parse(JSON.stringify(packResults(texts)));
    const back = unpackResults(packed, texts.length)!;
    expect(back instanceof Lines ? back.toArray() : back).toEqual(texts);
    expect(unpackResults(packed, texts.length + 1)).toBeUndefined();
  });

  test("lines that came back as lines go on as lines", () => {
    expect(unpackResults(packResults(lines("1\n2\n")), 2)).toBeInstanceOf(Lines);
  });

  test("what a task threw arrives with class, cause and properties; what JSON has no word for as text, or not", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const thrown = Object.assign(new TypeError("no", { cause: new RangeError("why") }), {
      code: 7,
      big: 10n,
      circle,
      // One that is too large takes none of the others along.
      page: "x".repeat(1e6),
      response: { status: 429, headers: new Map([["retry-after", "7"]]), retry() {} },
      inner: [new SyntaxError("line 3")],
      itself: {} as unknown,
    });
    thrown.itself = thrown;
    const data = JSON.parse(JSON.stringify(errorOf(thrown)));
    const results = { v: 1, server: "w", done: [], failed: [[0, 1, 5, data, 1]] };
    const error = fromErrorData(resultsSchema.parse(results).failed[0][3]) as
      & TypeError
      & Record<string, unknown>;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      message: "no",
      code: 7,
      big: "10n",
      circle: {},
      response: { status: 429, headers: { "retry-after": "7" } },
      inner: [expect.any(SyntaxError)],
    });
    expect(error.itself).toBe(error);
    expect(errorOf(new Error("x".repeat(1e6)))).toMatchObject({
      message: expect.stringMatching(/^x{60000}$/),
    });
    expect(JSON.stringify(errorOf(10n))).toContain("10n");
  });

  test("text of others is shown without what moves a cursor", () => {
    expect(shown("a\x1b[2Jb\r\nc")).toBe("a [2Jb c");
  });
});

describe("sizes of chunks", () => {
  test("the first has one input; then as many as take one and a half seconds, growing step by step", () => {
    const sizer = new Sizer();
    expect(sizer.size(10_000, 8)).toBe(1);
    sizer.record(1, 10);
    expect(sizer.size(10_000, 8)).toBe(8);
    sizer.record(8, 80);
    expect(sizer.size(10_000, 8)).toBe(64);
    sizer.record(64, 640);
    expect(sizer.size(10_000, 8)).toBe(150);
  });

  test("never more than 256, nor fewer than one", () => {
    const [fast, slow] = [new Sizer(), new Sizer()];
    for (const count of [1, 8, 64, 256]) fast.record(count, 0);
    expect(fast.size(1e6, 8)).toBe(256);
    slow.record(1, 60_000);
    expect(slow.size(1e6, 8)).toBe(1);
  });

  test("towards the end, what is left is shared out", () => {
    const sizer = new Sizer();
    for (const count of [1, 8, 64, 256]) sizer.record(count, 0);
    expect(sizer.size(80, 8)).toBe(10);
    expect(sizer.size(3, 8)).toBe(1);
  });
});

describe("what a broker says", () => {
  test.each<[string, string]>([
    ["WRONGPASS invalid username-password pair or user is disabled.", "refused"],
    ["NOAUTH Authentication required.", "refused"],
    ["NOPERM this user has no permissions to run the 'eval' command", "refused"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "full"],
    ["self-signed certificate in certificate chain", "refused"],
    ["invalid peer certificate: UnknownIssuer", "refused"],
    ["connect ECONNREFUSED 127.0.0.1:1", "unreachable"],
  ])("%s: %s", (message, trouble) => {
    expect(brokerError(new Error(message), "redis://host:6379").trouble).toBe(trouble);
  });
});

test("a sink of values is told each result once, whatever it throws, and of one that is no JSON by itself", () => {
  const told: unknown[] = [];
  const sink = valueSink({
    succeeded(index, _micros, values) {
      told.push(["succeeded", index, values]);
      throw new Error("the sink's own");
    },
    settled: (index, { ok, value }) => void told.push([index, ok, ok ? value : (value as Error).name]),
  });
  expect(() => sink.succeeded(0, 1, ["1", "2"], 1)).toThrow("the sink's own");
  expect(told.splice(0)).toEqual([["succeeded", 0, [1, 2]]]);
  sink.succeeded(2, [1, 2, 3], ["3", "no JSON", "5"], 1);
  expect(told).toEqual([[2, true, 3], [3, false, "SyntaxError"], [4, true, 5]]);
});
