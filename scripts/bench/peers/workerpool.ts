import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { type Pool, type TaskName, WORKERS } from "./pool.ts";

/** workerpool, on threads. */
export function open(task: TaskName): Pool {
  const script = fileURLToPath(new URL("./workerpool_worker.ts", import.meta.url));
  const pool = workerpool.pool(script, { workerType: "thread", minWorkers: WORKERS, maxWorkers: WORKERS });
  // Awaited, because workerpool has its own class of promises.
  return { run: async (input) => await pool.exec(task, [input]) };
}
