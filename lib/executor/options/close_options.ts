/** The options of `close()`. */

import { checkNames, oneOf, type OptionNames, time } from "./checks.ts";

/** Options of {@link TaskExecutor.close}. */
export interface CloseOptions {
  /**
   * Maximum time to wait for tasks to end, in milliseconds. After it, the executor is terminated.
   *
   * @defaultValue `Infinity`
   */
  timeout?: number;
  /**
   * What happens to tasks that wait. `"finish"`: they run, and maps that are being read pull the rest of their inputs.
   * `"cancel"`: they reject with an `ExecutorClosedError`, and maps pull nothing more; tasks that run are finished.
   *
   * @defaultValue "finish"
   */
  pending?: "finish" | "cancel";
}

const CLOSE_OPTIONS: OptionNames<CloseOptions> = { timeout: true, pending: true };

/** The options of `close()` with every default filled in. */
export type ResolvedCloseOptions = Required<CloseOptions>;

/**
 * Resolves the options of `close()`.
 *
 * @throws {TypeError} if an option does not exist, or is of the wrong kind
 * @throws {RangeError} if `timeout` is no number of milliseconds
 */
export function resolveCloseOptions(options: CloseOptions): ResolvedCloseOptions {
  checkNames(options, CLOSE_OPTIONS, { subject: "option of close()" });
  const { timeout = Infinity, pending = "finish" } = options;
  return {
    timeout: time("timeout", timeout),
    pending: oneOf("pending", pending, ["finish", "cancel"]),
  };
}
