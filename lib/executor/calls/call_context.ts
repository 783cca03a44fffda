/**
 * The caller's functions among a task's options run in the context of `AsyncLocalStorage` of the call that starts the task;
 * those that an executor has as defaults, too.
 *
 * @module
 */

import { boundHere } from "../../wire/async_context.ts";
import type { ResolvedTaskOptions } from "../options.ts";

/** The same options for a task that is submitted in the present context. */
export function boundToCall(options: ResolvedTaskOptions): ResolvedTaskOptions {
  const { onProgress, retry } = options;
  if (!onProgress && !retry.when) return options;
  return {
    ...options,
    onProgress: onProgress && boundHere(onProgress),
    retry: retry.when ? { ...retry, when: boundHere(retry.when) } : retry,
  };
}
