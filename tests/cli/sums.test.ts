/** Sums of `context.count`: in the summary, --stats, --progress json, the report and `status`, and over kill −9 and resume. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
import { existsSync } from "node:fs";
/** Counts what it gets. Sevenths fail at their first attempt, and 50 for good. */
export async function spend(n, { count, attempt }) {
  count("tokens", n);
  await null;
  count("usd", 0.0031);
  if (n === 50 || (n % 7 === 0 && attempt === 1)) throw new Error("HTTP 503");
  return { n };
}
/** From 50 on, waits until the test says so. */
export async function held(n, { count }) {
  count("tokens", n);
  while (n >= 50 && !existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  return n;
}
export function batch(numbers, { count }) {
  count("calls", 1);
  for (const n of numbers) count("tokens", n);
  return numbers;
}
export function* each(n, { count }) {
  for (const part of [n, -n, n]) {
    count("tokens", part);
    yield part;
  }
}
export const silent = (n) => n;
export const wrong = (_, { count }) => count("usd", "0.1");
`;

const numbers = Array.from({ length: 100 }, (_, at) => at + 1);
const INPUT = numbers.map((n) => `${n}\n`).join("");
const home = () => folder({ "t.ts": TASKS, "in.jsonl": INPUT });
const COUNTS = { tokens: 5_050, usd: 0.31 };
/** With a second attempt for fourteen sevenths, and for 50. */
const SPENT = { tokens: 5_050 + 735 + 50, usd: 0.3565 };
const SUMS = "sums: tokens 5,050, usd 0.31; in all attempts: tokens 5,835, usd 0.3565";
const json = (path: string, name: string) => JSON.parse(readFileSync(join(path, name), "utf8"));

test(
  "sums are exact in the summary, --stats, --progress json, the report and status, whatever the way of a run",
  async () => {
    using dir = home();
    const run = async (...flags: string[]) => {
      const base = [
        "run",
        "t.ts#spend",
        "-A",
        "-i",
        "in.jsonl",
        "-o",
        "out",
        "--retries",
        "1",
        "--backoff",
        "1ms",
      ];
      const { code, stderr } = await polyloop([...base, "--stats", "s.json", ...flags], { cwd: dir.path });
      expect(code, stderr).toBe(1);
      expect(json(dir.path, "s.json"), flags.join(" ")).toMatchObject({ counts: COUNTS, spent: SPENT });
      return stderr;
    };
    expect(await run("--journal", "j", "--report", "r.html")).toContain(`\n  ${SUMS}\n`);
    expect(await run("--isolation", "process", "-j", "1")).toContain(SUMS);
    expect(await run("--isolation", "none", "--unordered", "--envelope", "--journal", "j2")).toContain(SUMS);
    expect(await run("--to", "csv", "--journal", "j3")).toContain(SUMS);
    const last = JSON.parse((await run("--progress", "json")).trimEnd().split("\n").at(-1)!);
    expect(last).toMatchObject({ type: "progress", done: true, counts: COUNTS, spent: SPENT });
    for (const journal of ["j", "j2", "j3"]) {
      const { stdout } = await polyloop(["status", journal], { cwd: dir.path });
      expect(stdout).toContain(`\n${SUMS}\n`);
      const status = await polyloop(["status", journal, "--json", "--report", "r2.html"], { cwd: dir.path });
      expect(JSON.parse(status.stdout)).toMatchObject({ counts: COUNTS, spent: SPENT });
    }
    for (const report of ["r.html", "r2.html"]) {
      const [, data] = /<script [^>]*id="data"[^>]*>(.*?)<\/script>/s.exec(
        readFileSync(join(dir.path, report), "utf8"),
      )!;
      expect(JSON.parse(data).stats).toMatchObject({ counts: COUNTS, spent: SPENT });
    }
    // The failed input runs twice again, and its new outcome takes the place of the old one.
    const { stderr } = await polyloop(["resume", "j", "--retry-failed"], { cwd: dir.path });
    expect(stderr).toContain("sums: tokens 5,050, usd 0.31; in all attempts: tokens 5,935, usd 0.3627");
    const after = JSON.parse((await polyloop(["status", "j", "--json"], { cwd: dir.path })).stdout);
    expect(after).toMatchObject({ counts: COUNTS, spent: { tokens: 5_935, usd: 0.3627 } });
  },
  180_000,
);

test("a batch counts once, a generator while it yields, and a run that counts nothing shows no sums", async () => {
  using dir = home();
  const args = ["-i", "in.jsonl", "-o", "out", "--journal"];
  const batch = await polyloop(["run", "t.ts#batch", "--batch", "7", ...args, "j"], { cwd: dir.path });
  expect(batch.stderr).toContain("sums: calls 15, tokens 5,050\n");
  const { stdout } = await polyloop(["status", "j"], { cwd: dir.path });
  expect(stdout).toContain("\nsums: calls 15, tokens 5,050\n");
  const each = await polyloop(["run", "t.ts#each", "--unordered", "-i", "in.jsonl", "-o", "out"], {
    cwd: dir.path,
  });
  expect(each.stderr).toContain("sums: tokens 5,050\n");
  const silent = await polyloop(["run", "t.ts#silent", ...args, "j2"], { cwd: dir.path });
  const status = await polyloop(["status", "j2"], { cwd: dir.path });
  expect(silent.stderr + status.stdout).not.toContain("sums");
  const wrong = await polyloop(["run", "t.ts#wrong", "--", "1"], { cwd: dir.path });
  expect(wrong).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'TypeError: context.count("usd", …) needs a finite number as its amount, got "0.1"',
    ),
  });
});

test("after kill −9 and resume, each input counts once, and what was lost is spent", async () => {
  using dir = home();
  const args = [
    "run",
    "t.ts#held",
    "-A",
    "-j",
    "1",
    "-c",
    "4",
    "-i",
    "in.jsonl",
    "-o",
    "out",
    "--journal",
    "j",
  ];
  const killed = new RunningPolyloop([...args, "--stats", "s.json"], { cwd: dir.path });
  const written = () => {
    const db = new DatabaseSync(join(dir.path, "j"), { readOnly: true });
    try {
      const row = db.prepare("SELECT (SELECT sum(count) FROM segments) AS kept, progress FROM sessions")
        .get()!;
      return { kept: row.kept, spent: JSON.parse(row.progress as string).spent };
    } finally {
      db.close();
    }
  };
  // The inputs 50 to 53 have counted and wait.
  const spent = { tokens: 49 * 25 + 50 + 51 + 52 + 53 };
  await vi.waitFor(() => expect(written()).toEqual({ kept: 49, spent }), { timeout: 120_000, interval: 50 });
  killed.signal("SIGKILL");
  await killed.ended;
  const status = JSON.parse((await polyloop(["status", "j", "--json"], { cwd: dir.path })).stdout);
  expect(status).toMatchObject({ counts: { tokens: 49 * 25 }, spent });
  writeFileSync(join(dir.path, "go"), "");
  const { code, stderr } = await polyloop(["resume", "j"], { cwd: dir.path });
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("sums: tokens 5,050; in all attempts: tokens 5,256");
  expect(json(dir.path, "s.json")).toMatchObject({ counts: { tokens: 5_050 }, spent: { tokens: 5_256 } });
}, 180_000);
