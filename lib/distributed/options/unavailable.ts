/** What `Executor` has and an executor over a broker cannot have: each is refused with a line that says why, and what to do. */

/** The reason and the advice for each option of a call that is not available, by its name. */
export const UNAVAILABLE: Readonly<Record<string, string>> = {
  transfer: "inputs are sent as JSON, so nothing can be moved. Leave it out",
  key: "any worker may take any task. Keep what tasks share where all workers reach it",
  encoding: "inputs and results are always JSON. Leave it out",
  queueTimeout: "a task also waits on other machines. Use signal: AbortSignal.timeout(ms)",
  inputSignal: "a map is cancelled as a whole. Use submit() for tasks that are cancelled one by one",
  revisit: "tasks cannot hand in inputs there. Hand in all inputs",
  maxInputs: "tasks cannot hand in inputs there. End the iterable of inputs",
};

/** The reason and the advice for each option of `retry` that a call does not have. */
export const UNAVAILABLE_OF_RETRY: Readonly<Record<string, string>> = {
  when:
    "a function cannot be sent. Catch the errors that need no further attempt in the task, and return what they say",
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
