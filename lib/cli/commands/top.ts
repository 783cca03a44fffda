/**
 * `polyloop top`: what there is on a broker.
 *
 * @module
 */

import { Broker } from "../../distributed/broker.ts";
import { type Overview, overviewOf } from "../../distributed/overview.ts";
import { brokerOf } from "../broker_address.ts";
import { ExitCode } from "../exit_code.ts";
import type { TopOptions } from "../options.ts";
import { formatCount, formatTime, plural } from "../progress/format.ts";
import { draw, printText } from "../progress/terminal.ts";
import { visible, visibleLine } from "../progress/visible.ts";
import { watchSignals } from "../signals/watch.ts";
import { UserError } from "../user_error.ts";
import { withBroker } from "./broker_failure.ts";
import process from "node:process";

/** How often it looks, in milliseconds. */
const INTERVAL = 1_000;

/**
 * Shows it once; on a terminal, again and again.
 *
 * @throws {UserError} if the broker cannot be used
 */
export async function top({ json, ...flags }: TopOptions): Promise<ExitCode> {
  const address = brokerOf(flags);
  if (!address) throw new UserError("top: give --redis URL, or set POLYLOOP_REDIS");
  const broker = await withBroker(() => Broker.open(address, { readOnly: true }));
  try {
    const first = await withBroker(() => overviewOf(broker));
    if (json) printText(`${JSON.stringify(first, null, 2)}\n`);
    else if (!process.stdout.isTTY) printText(textOf(first, address.queue));
    else await keepShowing(broker, address.queue);
    return ExitCode.ok;
  } finally {
    await broker.close();
  }
}

async function keepShowing(broker: Broker, queue: string): Promise<void> {
  // Raced against, because a broker that does not answer must not keep us here.
  const stopped = Promise.withResolvers<undefined>();
  const stop = () => stopped.resolve(undefined);
  const signals = watchSignals({ drain: stop, abort: stop, leave: stop });
  for (;;) {
    const overview = await Promise.race([stopped.promise, overviewOf(broker)]);
    if (!overview) break;
    // From the top left, each line to its end, and nothing below.
    draw("stdout", `\x1b[H${visible(textOf(overview, queue)).replaceAll("\n", "\x1b[K\n")}\x1b[J`);
    await Promise.race([stopped.promise, new Promise((resolve) => setTimeout(resolve, INTERVAL))]);
  }
  signals.stop();
}

function textOf({ runs, workers, backlog, quarantine, memory }: Overview, queue: string): string {
  const rate = workers.reduce((sum, worker) => sum + worker.rate, 0);
  const head = `queue ${queue}: ${plural(runs.length, "run")}, ${plural(workers.length, "worker")}, ` +
    `${formatCount(Math.round(rate))} tasks/s, ${plural(backlog.waiting, "chunk")} waiting, ` +
    `${backlog.active} running, ${quarantine} in quarantine, ${
      (memory / 1024 / 1024).toFixed(1)
    } MB in Redis`;
  const now = Date.now();
  return [
    head,
    "",
    ...table(
      ["RUN", "TASK", "FROM", "FOR", "WAITING", "IN FLIGHT", "OK", "FAILED", "ALONE"],
      runs.map((run) => [
        run.run,
        `${run.module}#${run.task}`,
        run.from,
        formatTime(Math.max(0, now - run.started)),
        ...[run.waiting, run.inFlight, run.succeeded, run.failed, run.quarantined].map(formatCount),
      ]),
    ),
    "",
    ...table(
      ["WORKER", "MODULE", "VERSION", "SLOTS", "IN FLIGHT", "TASKS/S", "OK", "FAILED", "REJECTED"],
      workers.map((worker) => [
        worker.id + (worker.draining ? " (draining)" : ""),
        worker.module,
        worker.fingerprint.slice(0, 16),
        formatCount(worker.slots),
        formatCount(worker.inFlight),
        worker.rate.toFixed(1),
        ...[worker.succeeded, worker.failed, worker.rejected].map(formatCount),
      ]),
    ),
    "",
  ].join("\n");
}

/** Columns as wide as they need be. */
function table(head: string[], rows: string[][]): string[] {
  // Before they are measured.
  const clean = rows.map((row) => row.map(visibleLine));
  const widths = head.map((name, at) => Math.max(name.length, ...clean.map((row) => row[at].length)));
  const line = (row: string[]) => row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd();
  return [head, ...clean].map(line);
}
