/** `polyloop top`: shows the runs and workers on a broker. */

import { Broker } from "../../distributed/broker/broker.ts";
import { BrokerError, brokerError } from "../../distributed/errors.ts";
import { type Overview, overviewOf } from "../../distributed/broker/overview.ts";
import { brokerOf } from "../broker/broker_address.ts";
import { ExitCode } from "../run/exit_code.ts";
import type { TopOptions } from "../flags/options.ts";
import { draw, printText } from "../progress/terminal.ts";
import { visible } from "../progress/visible.ts";
import { SignalWatch } from "../signals/watch.ts";
import { UserError } from "../user_error.ts";
import { withBroker } from "../broker/broker_failure.ts";
import { topText } from "../broker/top_text.ts";
import process from "node:process";

/** Interval of the display, in milliseconds. */
const INTERVAL = 1_000;

/** Time without an answer after which a line reports it, in milliseconds. A guess. */
const PATIENCE = 3_000;

/** Time limit of the first answer, in milliseconds. A guess: the same as for a connection. */
const LIMIT = 9_000;

/** The display before the first answer. */
const NOTHING: Overview = {
  runs: [],
  workers: [],
  backlog: { waiting: 0, active: 0, completed: 0, failed: 0 },
  quarantine: 0,
  memory: 0,
};

/**
 * Shows the broker once. On a terminal, updates the display until a signal arrives.
 *
 * @throws {UserError} if the broker cannot be used
 */
export async function top({ json, ...flags }: TopOptions): Promise<ExitCode> {
  const address = brokerOf(flags);
  if (!address) throw new UserError("top: give --redis URL, or set POLYLOOP_REDIS");
  const broker = await withBroker(() => Broker.open(address, { readOnly: true }));
  try {
    const first = await withBroker(() => firstOf(broker));
    if (json) printText(`${JSON.stringify(first, null, 2)}\n`);
    else if (!process.stdout.isTTY) printText(topText(first, { queue: address.queue, columns: Infinity }));
    else await keepShowing(broker, address.queue);
    return ExitCode.ok;
  } finally {
    await broker.close();
  }
}

/** Returns the first overview, with a time limit. */
async function firstOf(broker: Broker): Promise<Overview> {
  const look = overviewOf(broker);
  const seen = await Promise.race([look, after(LIMIT, undefined)]);
  if (seen) return seen;
  look.catch(() => {});
  throw new BrokerError("unreachable", `The broker at ${broker.label} does not answer`);
}

async function keepShowing(broker: Broker, queue: string): Promise<void> {
  // For `Promise.race`, because a broker that does not answer must not delay the end.
  const stopped = Promise.withResolvers<"stopped">();
  const stop = () => stopped.resolve("stopped");
  const signals = new SignalWatch({ drain: stop, abort: stop, leave: stop });
  let last: Overview | undefined;
  let look: Promise<Overview> | undefined;
  for (;;) {
    look ??= overviewOf(broker).catch((error) => ({
      ...(last ?? NOTHING),
      trouble: brokerError(error, broker.label).message,
    }));
    const seen = await Promise.race([stopped.promise, look, after(PATIENCE, "silent" as const)]);
    if (seen === "stopped") break;
    if (seen === "silent") {
      show({ ...(last ?? NOTHING), trouble: `the broker at ${broker.label} does not answer` });
    } else {
      look = undefined;
      show(last = seen);
    }
    if (await Promise.race([stopped.promise, after(INTERVAL, undefined)])) break;
  }
  signals.stop();

  function show(overview: Overview): void {
    const { columns = 80, rows = 24 } = process.stdout;
    const text = cutTo(rows - 1, topText(overview, { queue, columns: columns - 1 }));
    // Begins at the top left. Clears the rest of each line, and the lines below.
    draw("stdout", `\x1b[H${visible(text).replaceAll("\n", "\x1b[K\n")}\x1b[J`);
  }
}

async function after<T>(ms: number, value: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

/** Cuts the text to the rows of the terminal. If it scrolled, the first lines would be lost. */
function cutTo(rows: number, text: string): string {
  const lines = text.split("\n");
  if (lines.length <= rows) return text;
  return [...lines.slice(0, rows - 1), `… and ${lines.length - rows} more lines (--json shows all)`].join(
    "\n",
  );
}
