/**
 * Measures how long two processes take that share the work of `computing.ts` equally, in milliseconds. Their start is
 * not counted.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { program, time } from "./program.ts";

const HALF = fileURLToPath(new URL("./half.ts", import.meta.url));

await program(async ({ turns, count }: { turns: number; count: number }) => {
  const children = await Promise.all([start(turns, count >> 1), start(turns, count - (count >> 1))]);
  return await time(() => Promise.all(children.map(work)));
});

/** Starts a process and waits until it has compiled its work. */
async function start(turns: number, count: number): Promise<ChildProcess> {
  const child = fork(HALF, [`${turns}`, `${count}`]);
  await once(child, "message");
  return child;
}

async function work(child: ChildProcess): Promise<void> {
  child.send("go");
  await once(child, "message");
}
