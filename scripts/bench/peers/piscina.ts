import { Piscina } from "piscina";
import { type Pool, type TaskName, TASKS, WORKERS } from "./pool.ts";

/** piscina, with many tasks per worker, which is faster than its default of one. */
export function open(task: TaskName): Pool {
  const pool = new Piscina({
    filename: TASKS.href,
    name: task,
    minThreads: WORKERS,
    maxThreads: WORKERS,
    concurrentTasksPerWorker: 64,
  });
  return { run: (input) => pool.run(input) };
}
