/** Starts a worker: checks its options, loads its module, connects, and serves. */

import { resolveModule } from "../../backends/default.ts";
import { checkNames, flag, functionOf, oneOf, time } from "../../executor/options/checks.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions } from "../../executor/options/executor_options.ts";
import { fingerprint } from "../../fingerprint.ts";
import { Broker } from "../broker/broker.ts";
import { labelsOf } from "../broker/labels.ts";
import { moduleName } from "../broker/module_name.ts";
import { POOL_OPTIONS, type PoolOptions, SERVE_OPTIONS, type ServeOptions } from "./serve_options.ts";
import { Server } from "./server.ts";
import type { TaskServer } from "./task_server.ts";

/**
 * Serves a module's tasks to the runs on a queue, until it is closed.
 *
 * @param module the module that exports the tasks: a URL, or a path relative to the working directory
 * @returns a promise of the worker, which resolves once it takes tasks
 * @throws {BrokerError} if the broker cannot be used
 * @throws {ModuleLoadError} if the module cannot be loaded
 * @throws {TypeError} if an option is unknown or of the wrong kind
 * @throws {RangeError} if a number is out of range
 *
 * @example
 * ```ts ignore
 * import { serveTasks } from "@polyloop/polyloop/distributed";
 *
 * const server = await serveTasks(new URL("../../../tests/examples/sha256.ts", import.meta.url), {
 *   redis: "redis://127.0.0.1:6379",
 *   workers: 4,
 * });
 * await server.ended;
 * ```
 */
export async function serveTasks(module: URL | string, options: ServeOptions): Promise<TaskServer> {
  checkNames(options, SERVE_OPTIONS, { subject: "option of serveTasks()" });
  time("idleExit", options.idleExit ?? Infinity);
  flag("exitWithRun", options.exitWithRun ?? false);
  functionOf("onNotice", options.onNotice);
  labelsOf("label", options.label);
  const lockDuration = checkLock(options.lockDuration ?? 15_000);
  const url = resolveModule(module);
  if (url === null) throw new TypeError("serveTasks() needs a module");
  const executor = new Executor(url, { ...poolOptions(options), idleTimeout: Infinity });
  let broker: Broker | undefined;
  try {
    // Computed when the module is loaded, and compared with that of runs.
    const print = fingerprint(url);
    const [opened, tasks] = await Promise.all([
      Broker.open(options).then((opened) => broker = opened),
      executor.ready(),
    ]);
    if (fingerprint(url) !== print) {
      throw new Error(`${moduleName(url)} changed while it was loaded: start the worker again`);
    }
    const server = new Server({ broker: opened, executor, url, print, tasks, lockDuration, options });
    await server.start();
    return server;
  } catch (error) {
    await Promise.all([executor.terminate(), broker?.close()]);
    throw error;
  }
}

function poolOptions(options: ServeOptions): ExecutorOptions {
  const { isolation = "thread", console = "inherit" }: { isolation?: string; console?: string } = options;
  if (isolation === "none") {
    throw new TypeError(
      'isolation must be "thread" or "process": a task would block the client of the broker',
    );
  }
  const names = Object.keys(POOL_OPTIONS) as (keyof PoolOptions)[];
  return {
    ...Object.fromEntries(names.map((name) => [name, options[name]])),
    isolation: isolation as "thread" | "process",
    // With `--tag`, a run gets what its tasks print.
    console: oneOf<"inherit" | "stderr">("console", console, ["inherit", "stderr"]) === "stderr"
      ? "asked"
      : "inherit",
  };
}

function checkLock(lockDuration: number): number {
  if (Number.isInteger(lockDuration) && lockDuration >= 1_000 && lockDuration <= 3_600_000) {
    return lockDuration;
  }
  throw new RangeError(
    `lockDuration must be a whole number of milliseconds from 1,000 to 3,600,000, got ${lockDuration}`,
  );
}
