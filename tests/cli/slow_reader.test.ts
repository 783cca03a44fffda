/** What tasks print and what polyloop says: all of it reaches a program that reads stderr late. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { RunningPolyloop } from "./polyloop.ts";

/** More than a pipe or a socket holds. */
const LINES = 6_000;

test.each(["thread", "process", "none"])("nothing of stderr is lost, on %s", async (isolation) => {
  const task =
    'x => { console.error("LOUD " + "x".repeat(200)); if (x === 1) throw new Error("no 1"); return x }';
  const run = new RunningPolyloop(["run", "-e", task, "-A", "--isolation", isolation, "-o", "/dev/null"]);
  run.child.stderr.pause();
  run.stdin.end(Array.from({ length: LINES }, (_, n) => `${n}\n`).join(""));
  // Long enough for a run that waits for nobody to end.
  await pause(1_500);
  run.child.stderr.resume();
  const { code, stderr } = await run.ended;
  expect(stderr.match(/^LOUD x{200}$/gm)).toHaveLength(LINES);
  expect(stderr).toMatch(/^line 2: Error: no 1 {2}.*$/m);
  expect(stderr).toMatch(/^✗ 6,000 inputs in .*: 5,999 ok, 1 failed$/m);
  expect(code).toBe(1);
});

test("nothing of stderr is lost if reading it takes longer than the workers have for their end", async () => {
  const task = 'x => { console.error("LOUD " + "x".repeat(200)); return x }';
  const run = new RunningPolyloop(["run", "-e", task, "-A", "-o", "/dev/null"]);
  const { stderr: read } = run.child;
  // About 150 kB a second.
  read.on("data", ({ length }) => {
    read.pause();
    setTimeout(() => read.resume(), length / 150);
  });
  run.stdin.end(Array.from({ length: LINES }, (_, n) => `${n}\n`).join(""));
  const { code, stderr } = await run.ended;
  expect(stderr.match(/^LOUD x{200}$/gm)).toHaveLength(LINES);
  expect(code).toBe(0);
});
