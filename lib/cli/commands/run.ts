/**
 * `polyloop run`: checks everything that can be checked before the first task starts, then runs.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions } from "../../executor/types.ts";
import { ErrorText } from "../error_text.ts";
import type { ExitCode } from "../exit_code.ts";
import { openInput } from "../input/input_file.ts";
import { referTo } from "../module_reference.ts";
import type { RunOptions } from "../options.ts";
import { checkOutputs, openOutputs } from "../output/output_files.ts";
import { permissionsOf } from "../permissions.ts";
import { UserError } from "../user_error.ts";
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
  const executor = startExecutor(reference.url, {
    workers: options.workers,
    concurrency: options.concurrency,
    isolation: options.isolation,
    permissions: permissionsOf(options),
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

function startExecutor(url: string, options: ExecutorOptions): Executor {
  try {
    return new Executor(url, options);
  } catch (error) {
    if (error instanceof PermissionsUnsupportedError) throw new UserError(unenforceable(options));
    throw error;
  }
}

/** What to add, for each way in which permissions cannot be enforced. */
function unenforceable({ isolation }: ExecutorOptions): string {
  if (isolation === "none") return "--isolation none has every permission that polyloop has: say so with -A";
  if (!("Deno" in globalThis)) {
    return "this runtime cannot hold a task to --allow-…: leave these flags out, or run polyloop on Deno";
  }
  return "permissions for threads need Deno's worker options: deno run --unstable-worker-options -A …/cli.ts run …, " +
    "or use --isolation process, or -A to let the task do everything";
}
