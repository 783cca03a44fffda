/** `polyloop top`: shows the runs and workers on a broker. */

import { Broker } from "../../distributed/broker/broker.ts";
import { BrokerError } from "../../distributed/broker/errors.ts";
import { type Overview, overviewOf } from "../../distributed/broker/overview.ts";
import { brokerOf } from "../broker/broker_address.ts";
import { ExitCode } from "../run/exit_code.ts";
import type { TopOptions } from "../flags/options.ts";
import { printText } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { withBroker } from "../broker/broker_failure.ts";
import { showTop } from "../broker/top_screen.ts";
import { topText } from "../broker/top_text.ts";
import process from "node:process";

/** Time limit of the first answer, in milliseconds. A guess: the same as for a connection. */
const LIMIT = 9_000;

/**
 * Shows the broker once. On a terminal, updates the display until a key or a signal ends it.
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
    else await showTop(broker, address.queue, first);
    return ExitCode.ok;
  } finally {
    await broker.close();
  }
}

async function firstOf(broker: Broker): Promise<Overview> {
  const look = overviewOf(broker);
  const seen = await Promise.race([look, after(LIMIT, undefined)]);
  if (seen) return seen;
  look.catch(() => {});
  throw new BrokerError("unreachable", `The broker at ${broker.label} does not answer`);
}

async function after<T>(ms: number, value: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}
