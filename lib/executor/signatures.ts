/** The types that turn the functions of a module, or an inline function, into the signatures of `run`, `map` and the other calls. */

import type { TaskContext } from "../worker/context.ts";
import type { TaskOptions } from "./options/task_options.ts";

/** One of the tasks of {@link TaskExecutor.executeTasks}. */
export type TaskRequest<M, O = TaskOptions> = {
  [K in TaskName<M>]: O & { task: K; input?: TaskInput<M[K]> };
}[TaskName<M>];

/** Any function that can be a task. */
// deno-lint-ignore no-explicit-any -- `unknown` parameters would refuse every function that states its own.
export type AnyTask = (input: any, context: TaskContext) => unknown;

/** A module of which nothing is known: any name, any input, any result. */
// deno-lint-ignore no-explicit-any -- it is the caller who left the types out.
export type AnyModule = Record<string, (input?: any, context?: any) => any>;

/** The functions of a module that can be run as tasks. */
export interface TasksOf<M> {
  /**
   * The names of the functions that it exports, without `setup` and `teardown`. It is a member, because compiler messages then
   * list the names, and not only the name of the type.
   */
  names: {
    // deno-lint-ignore no-explicit-any -- matches every function, whatever it takes.
    [K in keyof M & string]: M[K] extends (...args: any[]) => unknown
      ? (K extends "setup" | "teardown" ? never : K)
      : never;
  }[keyof M & string];
}

/** The names of the functions that a module exports, without `setup` and `teardown`. */
export type TaskName<M> = TasksOf<M>["names"];

/** What a task takes. */
// deno-lint-ignore no-explicit-any -- a task without parameters takes anything.
export type TaskInput<F> = F extends () => unknown ? any
  // deno-lint-ignore no-explicit-any -- whatever else it takes does not matter here.
  : F extends (input: infer I, ...rest: any[]) => unknown ? I
  : never;

/** A task's input and options as arguments. The input may be left out if it may be `undefined`. */
export type TaskArguments<I, O = TaskOptions> = undefined extends I ? [input?: I, options?: O]
  : [input: I, options?: O];

/** The input and options of a task that is a function. For a string, which is none, no call has enough arguments. */
export type FunctionArguments<F, O = TaskOptions> = F extends string ? [never, never, never, never]
  : TaskArguments<TaskInput<F>, O>;

/** What a task results in: what it returns, awaited; the array of what it yields if it returns a generator or another iterator. */
// deno-lint-ignore no-explicit-any -- as above.
export type TaskOutput<F> = F extends (...args: any[]) => infer R
  // Older compilers do not take all generators for iterators.
  ? Awaited<R> extends infer V ? V extends
      | Generator<infer Y, unknown, unknown>
      | AsyncGenerator<infer Y, unknown, unknown>
      | IterableIterator<infer Y>
      | AsyncIterableIterator<infer Y> ? Y[]
    : V
  : never
  : never;

/** What a task's stream yields. */
// deno-lint-ignore no-explicit-any -- as above.
export type TaskYield<F> = F extends (...args: any[]) => infer R
  ? Awaited<R> extends Iterable<infer Y> | AsyncIterable<infer Y> ? Y : never
  : never;
