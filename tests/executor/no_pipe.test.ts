/** Worker processes whose `node:fs` cannot write to the pipe for replies, as on Windows with Deno. */
import { expect, test } from "vitest";
import { Executor } from "../../mod.ts";
import { isDeno } from "../program.ts";

const PRELOAD = new URL("./fixtures/no_pipe.mjs", import.meta.url).href;

function startProcess(env: Record<string, string> = {}): Executor {
  return new Executor(null, {
    isolation: "process",
    workers: 1,
    env,
    execArgv: isDeno ? [`--preload=${PRELOAD}`] : ["--import", PRELOAD],
  });
}

test("replies go through a socket instead, all of them and in order", async () => {
  await using executor = startProcess();
  const repeated = (n: number) => "x".repeat(n);
  const lengths = [1, 300_000, 2, 70_000, 3];
  const outputs = await executor.map(repeated, lengths).toArray();
  expect(outputs.map(({ length }) => length)).toEqual(lengths);
});

test("any other error is told, and ends the worker with a code", async () => {
  const executor = startProcess({ NO_PIPE: "EIO" });
  const error = await executor.run(() => 1).catch((error) => error);

  expect(String(error.cause)).toContain("exited with code 1");
  await executor.terminate();
});
