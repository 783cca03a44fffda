/**
 * Runs the functions among a task's options in the `AsyncLocalStorage` context of the call that made the task. This also holds for
 * functions among the executor's defaults.
 */

import { boundHere } from "../../wire/async_context.ts";
import type { ResolvedTaskOptions } from "../options/task_options.ts";

/** The options with their functions bound to the present context. */
export function boundToCall(options: ResolvedTaskOptions): ResolvedTaskOptions {
  const { onProgress, retry } = options;
  if (!onProgress && !retry.when) return options;
  return {
    ...options,
    onProgress: onProgress && boundHere(onProgress),
    retry: retry.when ? { ...retry, when: boundHere(retry.when) } : retry,
  };
}
