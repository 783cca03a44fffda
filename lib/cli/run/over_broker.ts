/** `polyloop run --redis`: a run whose workers are on other machines. This process does not load the module. */

import { Broker } from "../../distributed/broker/broker.ts";
import { hostName } from "../../distributed/broker/host_name.ts";
import { labelOf } from "../../distributed/broker/broker_url.ts";
import { DistributedExecutor } from "../../distributed/executor.ts";
import { newToken } from "../../distributed/broker/names.ts";
import type { RetryOptions } from "../../executor/options/retry_options.ts";
import type { BrokerAddress } from "../broker/broker_address.ts";
import type { Effective } from "../config/with_config.ts";
import { ErrorText } from "../task/error_text.ts";
import type { ExitCode } from "./exit_code.ts";
import { openRunInput } from "../input/run_input.ts";
import { referTo } from "../task/module_reference.ts";
import { checkRunOptions, type RunOptions } from "../flags/options.ts";
import { isGone, type Session } from "../journal/rows/sessions.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { withBroker } from "../broker/broker_failure.ts";
import { leftToWorkers, refuseOverBroker } from "../flags/refused_over_broker.ts";
import { dryRun } from "./dry_run.ts";
import { missingTask } from "../task/load_task.ts";
import { checkFiles, openAll } from "./open_files.ts";
import { pauseOf, prepare, type Prepared, retryOf, taskLinesOf } from "./prepare.ts";
import { BrokerHost } from "./broker_host.ts";
import { runSession } from "./session.ts";
import { limitPerOf, ratesOf } from "./input_limits.ts";

/**
 * Runs a task over all inputs.
 *
 * @throws {UserError} if the user has made a mistake, or the broker cannot be used. Nothing has run then
 */
export async function runOverBroker(
  broker: BrokerAddress,
  given: Effective,
): Promise<ExitCode> {
  const { options, flags, origins } = given;
  if (options.dryRun) return await dryRunOverBroker(broker, given);
  const named = namedRun(flags, broker);
  const prepared = await prepareOverBroker(broker, checkRunOptions(named));
  const { executor } = prepared;
  return await releasing(executor, async () => {
    const opened = await openAll(prepared, { flags: named, origins });
    return await runSession(new BrokerHost(executor, prepared.options), {
      ...prepared,
      ...opened,
      flags: named,
    });
  });
}

/**
 * Returns the flags with two more that a journal keeps: the name of the run, and the broker, whose URL may come from
 * the environment.
 */
export function namedRun<F extends Record<string, unknown>>(flags: F, { redis }: BrokerAddress): F {
  return { ...flags, redis: labelOf(redis), runId: flags.runId ?? newToken() };
}

/**
 * Connects, takes the run's lock, and opens the input. `last` is the last session of the journal. If it was on this machine, its
 * process is gone, because this process has the journal's lock.
 */
export async function prepareOverBroker(
  { source: _, ...address }: BrokerAddress,
  options: RunOptions,
  last?: Pick<Session, "pid" | "host">,
): Promise<Prepared<DistributedExecutor>> {
  refuseOverBroker(options, "run");
  const unused = leftToWorkers(options);
  if (unused.length > 0) {
    printLine(
      `polyloop: ${unused.join(", ")} ${
        unused.length === 1 ? "has" : "have"
      } no effect on a run over a broker; set ${unused.length === 1 ? "it" : "them"} on polyloop worker`,
    );
  }
  const reference = await referTo(options);
  const text = new ErrorText(reference);
  const input = await openRunInput(options);
  const executor = new DistributedExecutor(reference.url, {
    ...address,
    run: options.runId,
    timeout: options.timeout,
    gracePeriod: options.grace,
    on: options.on,
    priority: options.priority,
    waitWorkers: options.waitWorkers,
    rate: ratesOf(options),
    limitPer: limitPerOf(options),
    retry: { ...retryOf(options), pause: pauseOverBroker(options) },
  });
  executor.keeping.lock = {
    onWait: (line) => printLine(`polyloop: ${line}`),
    predecessor: last && isGone(last) ? hostName(last.pid) : undefined,
  };
  const tasks = await withBroker(() => executor.ready());
  if (tasks && !tasks.includes(reference.task)) {
    await executor.terminate();
    throw new UserError(await missingTask(reference, tasks));
  }
  const taskLines = await taskLinesOf(options);
  return { options, reference, text, executor, names: tasks ?? [reference.task], input, taskLines };
}

/** Without other limits, attempts would be let go one by one only for the case of a `retryAfter`. So a pause has to be asked for. */
function pauseOverBroker({ pause, rate, limitPer }: RunOptions): RetryOptions["pause"] {
  return pauseOf({ pause: pause ?? (rate || limitPer ? "key" : "none") });
}

/** Releases the run's lock if `work` throws. Otherwise the run could not be resumed until the lock expires. */
export async function releasing<T>(executor: DistributedExecutor, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await executor.terminate();
    throw error;
  }
}

async function dryRunOverBroker(
  broker: BrokerAddress,
  { options, flags, origins }: Effective,
): Promise<ExitCode> {
  const opened = await withBroker(() => Broker.open(broker));
  await opened.close();
  const prepared = await prepare(options);
  await checkFiles(prepared, origins);
  return await dryRun(prepared.executor, { ...prepared, flags, origins });
}
