/**
 * What goes wrong with a broker → a line for the user, and the exit code. Loaded where a broker is used.
 *
 * @module
 */

import { BrokerError, type BrokerTrouble, RunHeldError, RunRefusedError } from "../../distributed/errors.ts";
import { UserError } from "../user_error.ts";

/** Runs what may fail of the broker. */
export async function withBroker<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUserError(error) ?? error;
  }
}

/** Those that the user can do something about. */
function asUserError(error: unknown): UserError | undefined {
  if (error instanceof RunHeldError || error instanceof RunRefusedError) return new UserError(error.message);
  if (!(error instanceof BrokerError)) return undefined;
  return new UserError(error.message, { isLoss: MAY_PASS.has(error.trouble) });
}

/** What may pass by itself: nothing was given wrongly, and the same command may work later. */
const MAY_PASS: ReadonlySet<BrokerTrouble> = new Set(["unreachable", "full", "unavailable"]);
