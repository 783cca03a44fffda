/** What `Executor` has and an executor over a broker cannot have: each is refused with a line that says why, and what to do. */

/** The reason and the advice for each option of a call that is not available, by its name. */
export const UNAVAILABLE: Readonly<Record<string, string>> = {
  transfer: "inputs are sent as JSON, so nothing can be moved. Leave it out",
  key: "any worker may take any task. Keep what tasks share where all workers reach it",
  encoding: "inputs and results are always JSON. Leave it out",
  inputSignal: "a map is cancelled as a whole. Use submit() for tasks that are cancelled one by one",
};

/** Options of an executor that say how workers run, which are on other machines. */
const OF_WORKERS = [
  ...["workers", "concurrency", "isolation", "onStuckThread", "permissions", "denoOptions", "workerData"],
  ...["env", "argv", "execArgv", "resourceLimits", "recycle", "stallTimeout", "startTimeout", "schema"],
];

/** The reason and the advice for each option of an executor that is not available. */
export const UNAVAILABLE_OF_EXECUTOR: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    OF_WORKERS.map((
      name,
    ) => [name, "it is an option of workers. Give it to serveTasks() or polyloop worker"]),
  ),
  encoding: UNAVAILABLE.encoding,
  hooks: "workers always call setup and teardown. Leave it out",
  console: "tasks print where their workers run. Give it to serveTasks()",
  idleTimeout: "workers stay for other runs. Give idleExit to serveTasks()",
  maxQueue:
    "inputs wait here and with the broker. Hand in inputs by map(), which pulls them as they are needed",
  onFull: "it needs maxQueue. Hand in inputs by map(), which pulls them as they are needed",
};

/** The reason and the advice for each option of `retry` that a call does not have. */
export const UNAVAILABLE_OF_RETRY: Readonly<Record<string, string>> = {
  pause: "it holds for the whole run. Set it among the options of the executor",
};

/** Returns the error for something that is not available. `why` is the reason and the advice. */
export function unavailable(what: string, why: string): TypeError {
  return new TypeError(`${what} is not available over a broker: ${why}`);
}

/** @throws {TypeError} if one of the options is not available */
export function refuseUnavailable(
  options: unknown,
  reasons: Readonly<Record<string, string>>,
  path = "",
): void {
  if (typeof options !== "object" || options === null) return;
  for (const name in options) if (Object.hasOwn(reasons, name)) throw unavailable(path + name, reasons[name]);
}

/** @throws {TypeError} if a task is no name */
export function checkTask(task: unknown): asserts task is string {
  if (typeof task === "string") return;
  const what = typeof task === "function" ? "A function as a task" : "A task without a name";
  throw unavailable(what, "jobs have no code. Export it from the module of the workers, and pass its name");
}
