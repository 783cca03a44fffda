/** The table of the ways to start an executor: every conformance case runs on each of them. */
import { describe } from "vitest";
import { Executor, type ExecutorOptions, type Isolation } from "../../mod.ts";

/** The tasks that the cases run. */
export type Tasks = typeof import("./fixtures/tasks.ts");

/** Starts an executor for the tests' task module. */
export type Start = (options?: ExecutorOptions) => Executor<Tasks>;

const ISOLATIONS: Isolation[] = ["thread", "process", "none"];

/** The tests' task module. */
export const TASKS = new URL("./fixtures/tasks.ts", import.meta.url);

/** Defines the cases once for each isolation. */
export function conformance(subject: string, cases: (start: Start, isolation: Isolation) => void): void {
  describe.each(ISOLATIONS)(`${subject} on "%s"`, (isolation) => {
    cases((options) => new Executor<Tasks>(TASKS, { workers: 2, isolation, ...options }), isolation);
  });
}

/** Starts an executor on threads for another module among the fixtures. */
export function startFixture(name: string, options: ExecutorOptions = {}): Executor {
  return new Executor(new URL(`./fixtures/${name}`, import.meta.url), { workers: 2, ...options });
}
