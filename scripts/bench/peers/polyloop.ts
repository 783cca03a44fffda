import { Executor } from "../../../mod.ts";
import { type Pool, type TaskName, TASKS, WORKERS } from "./pool.ts";

/** polyloop, with every option but `workers` at its default. */
export function open(task: TaskName): Pool {
  const executor = new Executor(TASKS, { workers: WORKERS });
  return {
    run: (input) => executor.run(task, input),
    map: (inputs) => executor.map(task, inputs),
  };
}
