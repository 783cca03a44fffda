/** What `polyloop top` shows in as many columns as there are. */
import { describe, expect, test } from "vitest";
import { tableOf } from "../../lib/cli/broker/columns.ts";
import { TopKeys } from "../../lib/cli/broker/top_keys.ts";
import { topText, WORDS } from "../../lib/cli/broker/top_text.ts";

const RUN = {
  run: "nightly-crawl-2026-11-26-0001",
  module: "file:///home/somebody/projects/crawler/tasks.ts",
  task: "fetchPage",
  fingerprint: "0123456789abcdef0123456789abcdef",
  from: "machine-with-a-long-name.example.com",
  started: Date.now() - 3_725_000,
  waiting: 12_345,
  inFlight: 512,
  succeeded: 1_234_567,
  failed: 89,
  quarantined: 2,
  token: "token",
  on: [] as string[],
  priority: 0,
  chunks: 0,
  waits: false,
  paused: false,
};

const WORKER = {
  id: "machine-with-a-long-name-12345-abcdef",
  module: "file:///home/somebody/projects/crawler/tasks.ts",
  fingerprint: "0123456789abcdef0123456789abcdef",
  slots: 128,
  inFlight: 96,
  rate: 1234.5,
  succeeded: 1_234_567,
  failed: 89,
  rejected: 0,
  draining: true,
};

const OVERVIEW = {
  runs: [RUN, { ...RUN, run: "r2", waiting: 0 }],
  workers: [WORKER, { ...WORKER, id: "w2", draining: false }],
  backlog: { waiting: 12, active: 3, completed: 0, failed: 0 },
  quarantine: 0,
  memory: 12_900_000,
} as unknown as Parameters<typeof topText>[0];

/** The names in the first column, the selected one with its mark. */
function namesIn(overview: typeof OVERVIEW, keys: TopKeys): string[] {
  const text = topText(overview, { queue: "default", columns: Infinity, keys });
  return text.split("\n").filter((line) => /^[ >] \w+-?\S* {2,}(?!TASK|MODULE|STATE)\S/.test(line)).map((
    line,
  ) => line.split("  ").find((word) => word.trim() !== "")!.trim());
}

describe("the keys of polyloop top", () => {
  const b = { ...RUN, run: "b", inFlight: 9, paused: false };
  const a = { ...RUN, run: "a", inFlight: 1, paused: true };
  const fast = { ...WORKER, id: "fast", rate: 9, inFlight: 0, draining: false };
  const slow = { ...WORKER, id: "slow", rate: 1, inFlight: 5, draining: false };
  const overview = { ...OVERVIEW, runs: [b, a], workers: [slow, fast] } as typeof OVERVIEW;
  const press = (keys: TopKeys, ...pressed: string[]) =>
    pressed.map((key) => keys.press(key, overview)).at(-1);

  test("s sorts by names, tasks in flight, tasks per second, and counts", () => {
    const keys = new TopKeys();
    expect(namesIn(overview, keys)).toEqual(["> a", "b", "fast", "slow"]);
    press(keys, "s");
    expect(namesIn(overview, keys)).toEqual(["> b", "a", "slow", "fast"]);
    press(keys, "s");
    expect(namesIn(overview, keys)).toEqual(["> a", "b", "fast", "slow"]);
    expect(press(keys, "s", "s", "s")).toBeUndefined();
    expect(keys.order).toBe("name");
  });

  test("arrows select a row, which stays selected where it moves", () => {
    const keys = new TopKeys();
    press(keys, "\x1b[B");
    expect(namesIn(overview, keys)[1]).toBe("> b");
    press(keys, "s");
    expect(namesIn(overview, keys)[0]).toBe("> b");
    press(keys, "j", "j", "j", "j", "j");
    expect(namesIn(overview, keys)[3]).toBe("> fast");
    press(keys, "\x1b[A");
    expect(namesIn(overview, keys)[2]).toBe("> slow");
    expect(keys.rowIn({ ...overview, runs: [], workers: [] })).toBe(-1);
  });

  test("p pauses the selected run, or ends its pause; d drains the selected worker after y", () => {
    const keys = new TopKeys();
    expect(press(keys, "p")).toEqual({ wish: "go on", run: "a" });
    expect(press(keys, "j", "p")).toEqual({ wish: "pause", run: "b" });
    expect(press(keys, "d")).toBeUndefined();
    expect(keys.line).toContain("select one");
    expect(press(keys, "j", "p")).toBeUndefined();
    expect(keys.line).toContain("select one");
    expect(press(keys, "d")).toBeUndefined();
    expect(keys.line).toBe("let fast finish its tasks and end? y or n");
    expect(press(keys, "n")).toBeUndefined();
    expect(press(keys, "y")).toBeUndefined();
    expect(press(keys, "d", "y")).toEqual({ wish: "drain", worker: "fast" });
    expect(press(keys, "p", "d", "q")).toEqual({ wish: "quit" });
    expect(press(keys, "\x03")).toEqual({ wish: "quit" });
  });

  test("? explains each column, in 80 columns and 24 rows", () => {
    const keys = new TopKeys();
    press(keys, "?");
    expect(keys.showsWords).toBe(true);
    press(keys, "s");
    expect([keys.showsWords, keys.order]).toEqual([false, "name"]);
    const lines = WORDS.split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(80);
    expect(lines.length).toBeLessThan(23);
    const text = topText(overview, { queue: "q", columns: Infinity });
    const heads = text.split("\n").filter((line) => /^(RUN|WORKER) /.test(line)).flatMap((line) =>
      line.split(/ {2,}/)
    );
    const states = ["STATE", "MODULE"];
    expect(
      heads.filter((head) => !states.includes(head) && !lines.some((line) => line.startsWith(`${head} `))),
    )
      .toEqual([]);
  });
});

describe("topText()", () => {
  test.each([40, 60, 80, 120])("has no line longer than %i columns", (columns) => {
    const lines = topText(OVERVIEW, { queue: "default", columns }).split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
  });

  test("keeps in 80 columns what a person looks for, with names that can be told apart", () => {
    const text = topText(OVERVIEW, { queue: "default", columns: 80 });
    expect(text).toMatch(/^queue default: 2 runs, 2 workers, 2,469 tasks\/s, 12 chunks waiting, 3 running,/);
    expect(text).toMatch(/^RUN +TASK +FOR +WAITING +IN FLIGHT +OK +FAILED/m);
    expect(text).toMatch(/^nightly-c\S*… +…\S*\.ts#fetchPage +62 min \d+ s +12,345 +512 +1,234,567 +89/m);
    expect(text).toMatch(/^WORKER +STATE +SLOTS +IN FLIGHT +TASKS\/S +OK +FAILED/m);
    expect(text).toMatch(/^machine-\S*… +draining +128 +96 +1234\.5 +1,234,567 +89/m);
  });

  test("cuts nothing where there is room, or no terminal", () => {
    const text = topText(OVERVIEW, { queue: "default", columns: Infinity });
    for (const word of [RUN.run, `${RUN.module}#fetchPage`, RUN.from, WORKER.id, "0123456789abcdef"]) {
      expect(text).toContain(word);
    }
    expect(text).not.toContain("…");
    expect(text.split("\n")).toHaveLength(10);
  });

  test("shows names of others with nothing in them that a terminal obeys", () => {
    const evil = {
      ...OVERVIEW,
      runs: [{ ...RUN, run: "a\x1b[31m\nb", from: "\u009b2J" }],
    } as typeof OVERVIEW;
    const text = topText(evil, { queue: "q\x1b[0m", columns: Infinity });
    // deno-lint-ignore no-control-regex -- what must not be there
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(text).toContain("a\\u001b[31m\\nb");
  });
});

test("tableOf() cuts the longest text first, then leaves out the least important column", () => {
  const columns = [
    { head: "A", cells: ["abcdefghijkl"], cut: { least: 4, keep: "start" as const }, rank: 3 },
    { head: "B", cells: ["123456"], rank: 1 },
    { head: "C", cells: ["/x/y/z.ts"], cut: { least: 4, keep: "end" as const }, rank: 2 },
  ];
  expect(tableOf(columns, 31)[1]).toBe("abcdefghijkl  123456  /x/y/z.ts");
  expect(tableOf(columns, 24)[1]).toBe("abcdef…  123456  …y/z.ts");
  expect(tableOf(columns, 14)[1]).toBe("abcde…  …/z.ts");
});
