/** `polyloop worker`: serves the tasks of a module to runs over a broker. */

import { PermissionsUnsupportedError } from "../../errors.ts";
import { labelOf } from "../../distributed/broker/broker_url.ts";
import { named } from "../../distributed/broker/labels.ts";
import type { ServeOptions } from "../../distributed/server/serve_options.ts";
import { serveTasks } from "../../distributed/server/serve_tasks.ts";
import type { TaskServer } from "../../distributed/server/task_server.ts";
import { brokerOf, forgetVariable } from "../broker/broker_address.ts";
import { withBroker } from "../broker/broker_failure.ts";
import { serveMetrics } from "../broker/metrics_endpoint.ts";
import type { RunOptions, WorkerOptions } from "../flags/options.ts";
import { refuseOverBroker } from "../flags/refused_over_broker.ts";
import { plural } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { type ExitCode, exitCodeOf } from "../run/exit_code.ts";
import { leave } from "../run/leave.ts";
import { recycleOf } from "../run/memory.ts";
import { SignalWatch } from "../signals/watch.ts";
import { takeStdio } from "../stdio/stdio.ts";
import { ErrorText } from "../task/error_text.ts";
import { isolationFor } from "../task/isolation.ts";
import { loadFailure } from "../task/load_task.ts";
import { type ModuleReference, referTo } from "../task/module_reference.ts";
import { permissionsOf, withReads } from "../task/permissions.ts";
import { refusedPermissions } from "../task/refused_permissions.ts";
import { UserError } from "../user_error.ts";

/** Serves until a signal stops it. @throws {UserError} if the module or the broker cannot be used */
export async function worker(options: RunOptions, own: WorkerOptions): Promise<ExitCode> {
  const broker = brokerOf(options);
  const { isolation: asked } = options;
  if (!broker) throw new UserError("worker: give --redis URL, or set POLYLOOP_REDIS");
  if (asked === "none") {
    throw new UserError(
      "--isolation: expected thread or process: in the main thread a task would block the broker's client",
    );
  }
  refuseOverBroker(options, "worker");
  forgetVariable();
  const reference = await referTo(options);
  if (!reference.implied) {
    throw new UserError(
      `worker: it serves all tasks of a module: give ${reference.name}, without #${reference.task}`,
    );
  }
  const text = new ErrorText(reference);
  await takeStdio({ isInput: false });
  const { isolation, denoOptions } = isolationFor(reference, { ...options, isolation: asked });
  const { source: _, ...address } = broker;
  const server = await start(reference, text, {
    ...address,
    workers: options.workers,
    concurrency: options.concurrency,
    isolation,
    denoOptions,
    permissions: withReads(permissionsOf(options), reference.reads),
    onStuckThread: own.onStuckThread,
    recycle: recycleOf(options),
    startTimeout: Infinity,
    schema: options.schema,
    console: "stderr",
    label: own.label,
    lockDuration: own.lock,
    idleExit: own.idleExit,
    exitWithRun: own.exitWithRun,
    onNotice: say,
  });
  // Signals are heard before the worker says that it serves: a reader of that line may stop the worker at once.
  const signals = stopBySignals(server);
  const endpoint = own.metrics && await serveMetrics(own.metrics, server).catch(async (error) => {
    signals.stop();
    await server.close();
    throw error;
  });
  say(
    `worker ${server.id} serves ${reference.name} (${server.tasks.join(", ")}) ` +
      `on ${labelOf(broker.redis)}, queue ${broker.queue}; ${server.slots} slots` +
      (server.labels.length > 0 ? `; ${named(server.labels)}` : ""),
  );
  if (endpoint) say(`metrics on http://${endpoint.address}/metrics`);
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
}

async function start(
  { url, name }: ModuleReference,
  text: ErrorText,
  options: ServeOptions,
): Promise<TaskServer> {
  try {
    return await withBroker(() => serveTasks(url, options));
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof PermissionsUnsupportedError) throw refusedPermissions(error, options);
    throw new UserError(loadFailure(error, name, text));
  }
}

function stopBySignals(server: TaskServer): SignalWatch {
  return new SignalWatch({
    drain: (moreToCome) => {
      const { chunks, executor: { inFlight } } = server.stats();
      const [runs, them] = inFlight === 1 ? ["runs", "it"] : ["run", "them"];
      const running = inFlight === 0
        ? ""
        : `; ${plural(inFlight, "task")} of ${plural(chunks, "job chunk")} still ${runs}`;
      const again = moreToCome && inFlight > 0 ? ` (the same signal again aborts ${them})` : "";
      say(`draining: takes no more inputs${running}${again}`);
      void server.close();
    },
    abort: () => {
      say("aborting running tasks; other workers will run them");
      server.abort();
    },
    leave,
  }, { mayBlock: false, restore: "", words: { busy: undefined, resume: undefined, json: false } });
}

function say(line: string): void {
  printLine(`polyloop: ${line}`);
}
