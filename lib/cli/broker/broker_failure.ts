/** Turns an error of the broker into a line for the user and an exit code. Loaded only if a broker is used. */

import {
  BrokerError,
  type BrokerTrouble,
  RunHeldError,
  RunRefusedError,
} from "../../distributed/broker/errors.ts";
import { UserError } from "../user_error.ts";

/** Calls `work`, and rejects with a `UserError` if the broker cannot be used. */
export async function withBroker<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUserError(error) ?? error;
  }
}

function asUserError(error: unknown): UserError | undefined {
  if (error instanceof RunHeldError || error instanceof RunRefusedError) return new UserError(error.message);
  if (!(error instanceof BrokerError)) return undefined;
  return new UserError(error.message, { isLoss: MAY_PASS.has(error.trouble) });
}

/** The troubles that may pass: the arguments are right, and the same command may succeed later. */
const MAY_PASS: ReadonlySet<BrokerTrouble> = new Set(["unreachable", "full", "unavailable"]);
