/** The options that do not work over a broker, by the table. */

import { UserError } from "../user_error.ts";
import { type Flag, flagName, flagOf } from "./table.ts";

/**
 * Refuses options of a run, or of a worker's config, that do not work over a broker.
 *
 * @throws {UserError} with the flag and what to do instead
 */
export function refuseOverBroker(options: Record<string, unknown>, command: "run" | "worker"): void {
  for (const [key, flag] of flagsOf(options)) {
    // A flag of `polyloop worker` itself works over a broker.
    if (typeof flag.broker !== "object" || command === "worker" && flag.in.includes(command)) continue;
    if (flag.broker.when && !flag.broker.when(options[key])) continue;
    throw new UserError(`${flagName(key)}: ${flag.broker.refused}`);
  }
}

/** Returns the flags of a run that only `polyloop worker` has over a broker, by their shortest names. */
export function leftToWorkers(options: Record<string, unknown>): string[] {
  const found = flagsOf(options).filter(([, { broker }]) => broker === "worker");
  return found.map(([, { usage }]) => /^--?[\w-]+/.exec(usage)![0]);
}

function flagsOf(options: Record<string, unknown>): [key: string, flag: Flag][] {
  return Object.entries(options).flatMap(([key, value]) => {
    const flag = value === undefined || value === false ? undefined : flagOf(key);
    return flag ? [[key, flag] as [string, Flag]] : [];
  });
}
