/**
 * `polyloop run`: checks everything that can be checked before the first task starts, then runs.
 *
 * @module
 */

import { Executor } from "../../executor/executor.ts";
import { ErrorText } from "../error_text.ts";
import type { ExitCode } from "../exit_code.ts";
import { openInput } from "../input/input_file.ts";
import { referTo } from "../module_reference.ts";
import type { RunOptions } from "../options.ts";
import { checkOutputs, openOutputs } from "../output/output_files.ts";
import { dryRun } from "./dry_run.ts";
import { loadTask } from "./load_task.ts";
import { runInputs } from "./run_inputs.ts";

/**
 * Runs a task over all inputs.
 *
 * @throws {UserError} if something is wrong that the user can put right; nothing has run then
 */
export async function run(options: RunOptions): Promise<ExitCode> {
  const reference = referTo(options);
  const text = new ErrorText(reference);
  const executor = new Executor(reference.url, {
    workers: options.workers,
    concurrency: options.concurrency,
    isolation: options.isolation,
    timeout: options.timeout,
    gracePeriod: options.grace,
    // An input that was on a lost worker is not to blame, as a rule: it runs again whatever --retries says.
    retry: {
      attempts: 1 + options.retries,
      minDelay: options.backoff?.from,
      maxDelay: options.backoff?.to,
      losses: 2,
    },
    console: "stderr",
    // The process ends by itself; until then a slow input must not cost a `setup` for every line.
    idleTimeout: Infinity,
    hooks: !options.dryRun,
  });
  const names = await loadTask(executor, reference, text);
  const input = openInput(options.input);
  if (options.dryRun) {
    checkOutputs(options, input);
    return await dryRun(executor, { options, reference, names, input });
  }
  const files = openOutputs(options, input);
  return await runInputs(executor, { options, reference, text, input, files });
}
