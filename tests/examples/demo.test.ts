/** The demo from end to end, by the command of the README, and its site by itself. */

import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { isDeno, launch, runFile, start } from "../program.ts";
import { commandsUnder } from "./readme.ts";
import type { Analysis } from "./analyse.ts";
import { ROOT, startSite } from "./site.ts";

// The demo and its site are programs of Deno.
const demoTest = test.skipIf(!isDeno);

demoTest(
  "the demo analyses every page in order, fails the broken ones alone, and its command can be repeated",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "demo-"));
    try {
      const [demo] = commandsUnder("Try it and test it")[0];
      const { code, out, err } = await start("sh", ["-c", `${demo} ${folder}`]);
      expect(code, out + err).toBe(0);

      const urls = await linesOf("urls.txt");
      const broken = urls.filter((url) => /\/(no-such-page|error|cut)\?/.test(url));
      expect(urls.length).toBeGreaterThanOrEqual(500);
      expect(broken).toHaveLength(6);

      const results = (await linesOf("results.jsonl")).map((line): Analysis => JSON.parse(line));
      expect(results.map(({ url }) => url)).toEqual(urls.filter((url) => !broken.includes(url)));
      const failures = (await linesOf("failures.jsonl")).map((line) => JSON.parse(line));
      expect(failures.map(({ input }) => input)).toEqual(broken);
      expect(failures.map(({ error }) => error.message.replace(/^\S+ /, ""))).toEqual([
        "answered 404 Not Found",
        "answered 404 Not Found",
        "answered 500 Internal Server Error",
        "answered 500 Internal Server Error",
        "broke off",
        "broke off",
      ]);

      const license = results.find(({ url }) => url.includes("/LICENSE?"))!;
      const bytes = await readFile(join(ROOT, "LICENSE"));
      expect(license).toMatchObject({
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      });

      for (const { input } of failures) expect(err).toContain(`${input} `);
      expect(err).toMatch(/, 6 failed/);
      expect(out).toMatch(/^One at a time, tried on 40: .* s for all\.$/m);
      expect(out).toMatch(/^The longest line: \d+ characters, in \//m);

      // The last line is the command to try next, in a folder that is not there yet.
      const next = /^ {2}npx -y deno@\S+ (run -A cli\.ts init) my-tasks\n$/m.exec(out)![1].split(" ");
      const made = await start(process.execPath, [
        ...next,
        join(folder, "my-tasks"),
        "--task",
        "compute",
        "--from",
        "jsonl",
      ]);
      expect(made.code, made.err).toBe(0);

      // The site is gone by now, so a dry run has to do.
      const repeat = /^ {2}npx -y deno@\S+ (run -A cli\.ts run .*)$/m.exec(out)![1].split(" ");
      const again = await start(process.execPath, [...repeat, "--dry-run"]);
      expect(again.code, again.err).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }

    async function linesOf(name: string): Promise<string[]> {
      return (await readFile(join(folder, name), "utf8")).trimEnd().split("\n");
    }
  },
  90_000,
);

demoTest("site.ts serves this repo's files and not what Git ignores", async () => {
  const site = await startSite();
  try {
    expect(site.paths).toContain("/mod.ts");
    expect(site.paths).toContain("/lib/executor/executor.ts");
    expect(site.paths.filter((path) => /\/(node_modules|\.git)\//.test(path))).toEqual([]);
    const answer = await fetch(`${site.origin}/LICENSE?anything`);
    expect(await answer.text()).toBe(await readFile(join(ROOT, "LICENSE"), "utf8"));
  } finally {
    await site.close();
  }
});

demoTest("site.ts, started by itself, says where it is and answers there", async () => {
  const child = launch(process.execPath, runFile("tests/examples/site.ts"));
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    const text = await new Promise((resolve) => child.stdout.once("data", resolve));
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(String(text))![0];
    const answer = await fetch(`${origin}/error`);
    await answer.body?.cancel();
    expect(answer.status).toBe(500);
  } finally {
    child.kill();
    await ended;
  }
});
