import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import { type Pool, type TaskName, WORKERS } from "./pool.ts";

/** poolifier, with its fixed pool, which is the fastest of its pools. */
export function open(task: TaskName): Pool {
  const script = fileURLToPath(new URL("./poolifier_worker.ts", import.meta.url));
  const pool = new FixedThreadPool<unknown, unknown>(WORKERS, script);
  return { run: (input) => pool.execute(input, task) };
}
