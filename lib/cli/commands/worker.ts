/**
 * `polyloop worker`: serves a module's tasks to runs that come over a broker.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { labelOf } from "../../distributed/broker/broker_url.ts";
import { type ServeOptions, serveTasks } from "../../distributed/server/server.ts";
import type { TaskServer } from "../../distributed/server/task_server.ts";
import { brokerOf, forgetVariable } from "../broker/broker_address.ts";
import { ErrorText } from "../task/error_text.ts";
import { type ExitCode, exitCodeOf } from "../run/exit_code.ts";
import { isolationFor } from "../task/isolation.ts";
import { leave } from "../run/leave.ts";
import { referTo } from "../task/module_reference.ts";
import type { RunOptions, WorkerOptions } from "../flags/options.ts";
import { permissionsOf, withReads } from "../task/permissions.ts";
import { plural } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { watchSignals } from "../signals/watch.ts";
import { recycleOf } from "../run/memory.ts";
import { takeStdio } from "../stdio/stdio.ts";
import { UserError } from "../user_error.ts";
import { refuseSteering, withBroker } from "../broker/broker_failure.ts";
import { loadFailure } from "../task/load_task.ts";
import { serveMetrics } from "../broker/metrics_endpoint.ts";
import { refusedPermissions } from "../task/refused_permissions.ts";

/**
 * Serves until it is told to stop.
 *
 * @throws {UserError} if the module or the broker cannot be used
 */
export async function worker(
  options: RunOptions,
  { metrics, lock, onStuckThread }: WorkerOptions,
): Promise<ExitCode> {
  const broker = brokerOf(options);
  if (!broker) throw new UserError("worker: give --redis URL, or set POLYLOOP_REDIS");
  if (options.eval !== undefined) throw new UserError("worker: give a MODULE; -e serves nobody");
  if (options.isolation === "none") {
    throw new UserError(
      "--isolation: expected thread or process: in the main thread a task would block the broker's client",
    );
  }
  refuseSteering(options, "worker");
  forgetVariable();
  const reference = await referTo(options);
  if (!reference.implied) {
    throw new UserError(
      `worker: it serves all tasks of a module: give ${reference.name}, without #${reference.task}`,
    );
  }
  const text = new ErrorText(reference);
  await takeStdio({ isInput: false });
  const { redis, queue, ca, cert, key } = broker;
  const { isolation, denoOptions } = isolationFor(reference, { ...options, isolation: options.isolation });
  const server = await start(reference.url, {
    redis,
    queue,
    ca,
    cert,
    key,
    workers: options.workers,
    concurrency: options.concurrency,
    isolation,
    denoOptions,
    permissions: withReads(permissionsOf(options), reference.reads),
    onStuckThread,
    recycle: recycleOf(options),
    startTimeout: Infinity,
    schema: options.schema,
    console: "stderr",
    lockDuration: lock,
    onNotice: say,
  });
  const endpoint = metrics && await serveMetrics(metrics, server).catch(async (error) => {
    await server.close();
    throw error;
  });
  const where = `${labelOf(redis)}, queue ${queue}`;
  say(
    `worker ${server.id} serves ${reference.name} (${
      server.tasks.join(", ")
    }) on ${where}; ${server.slots} slots`,
  );
  if (endpoint) say(`metrics on http://${endpoint.address}/metrics`);
  const signals = watchSignals({
    drain: (moreToCome) => {
      const { chunks, executor: { inFlight } } = server.stats();
      const running = inFlight === 0
        ? ""
        : `; ${plural(inFlight, "task")} of ${plural(chunks, "job chunk")} still ${
          inFlight === 1 ? "runs" : "run"
        }`;
      const them = inFlight === 1 ? "it" : "them";
      const again = moreToCome && inFlight > 0 ? ` (the same signal again aborts ${them})` : "";
      say(`draining: takes nothing more${running}${again}`);
      void server.close();
    },
    abort: () => {
      say("aborting running tasks; other workers will run them");
      server.abort();
    },
    leave,
  }, { mayBlock: false, restore: "", words: { busy: undefined, resume: undefined, json: false } });
  try {
    await server.ended;
  } catch (error) {
    say(loadFailure(error, reference.name, text));
    return exitCodeOf({ isIncomplete: true });
  } finally {
    signals.stop();
    endpoint?.close();
  }
  say(`drained; ${plural(server.stats().tasks, "task")} ran here`);
  return exitCodeOf({ stoppedBy: signals.first });

  async function start(url: string, serve: ServeOptions): Promise<TaskServer> {
    try {
      return await withBroker(() => serveTasks(url, serve));
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (!(error instanceof PermissionsUnsupportedError)) {
        throw new UserError(loadFailure(error, reference.name, text));
      }
      throw refusedPermissions(error, serve);
    }
  }
}

function say(line: string): void {
  printLine(`polyloop: ${line}`);
}
