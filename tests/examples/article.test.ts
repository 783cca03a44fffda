/** The article's three systems, each started as its header says. */

import { expect, test } from "vitest";
import { startFile } from "../program.ts";

test("async_task.ts has all of its tasks in flight on the one worker there is", async () => {
  const lines = await linesOf("tests/examples/async_task.ts");
  const waits = [300, 250, 200, 150, 100, 50];
  expect(lines).toEqual(
    waits.map((ms, index) => `task ${index + 1} on worker 1: waited ${ms} ms, up to 6 at once`),
  );
});

test("parallel_task_executor.ts computes on two workers and prints in the order of its inputs", async () => {
  const lines = await linesOf("tests/examples/parallel_task_executor.ts");
  expect(lines.map(withoutWorker)).toEqual([
    "task 1: 78498 primes below 1000000",
    "task 2: 148933 primes below 2000000",
    "task 3: 216816 primes below 3000000",
    "task 4: 283146 primes below 4000000",
    "task 5: 348513 primes below 5000000",
    "task 6: 412849 primes below 6000000",
  ]);
  expect(workersOf(lines)).toEqual(["1", "2"]);
});

test("parallel_async_task_executor.ts has six tasks in flight on each of two workers and tells of the failed one", async () => {
  const lines = await linesOf("tests/examples/parallel_async_task_executor.ts");
  const failed = lines.pop();
  expect(lines.map(withoutWorker)).toEqual(
    Array.from({ length: 12 }, (_, index) => `task ${index + 1}: waited 200 ms, up to 6 at once`),
  );
  expect(workersOf(lines)).toEqual(["1", "2"]);
  expect(failed).toMatch(/^failed: TaskTimeoutError: /);
});

async function linesOf(program: string): Promise<string[]> {
  const { code, out, err } = await startFile(program);
  expect(err).toBe("");
  expect(code).toBe(0);
  return out.trimEnd().split("\n");
}

function withoutWorker(line: string): string {
  return line.replace(/ on worker \d+/, "");
}

function workersOf(lines: string[]): string[] {
  return [...new Set(lines.map((line) => /on worker (\d+)/.exec(line)?.[1] ?? line))].sort();
}
