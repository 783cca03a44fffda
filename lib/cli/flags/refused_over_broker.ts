/** The options that do not work over a broker, by the table. */

import { UserError } from "../user_error.ts";
import type { RunOptions } from "./options.ts";
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
export function leftToWorkers(
  { allow = {}, ...options }: Record<string, unknown> & { allow?: RunOptions["allow"] },
): string[] {
  const found = flagsOf(options).filter(([, { broker, topic }]) =>
    broker === "worker" || topic === "permissions"
  );
  const grants = Object.keys(allow).map((name) => `--allow-${name}`);
  return [...found.map(([, { usage }]) => /^--?[\w-]+/.exec(usage)![0]), ...grants];
}

function flagsOf(options: Record<string, unknown>): [key: string, flag: Flag][] {
  return Object.entries(options).flatMap(([key, value]) => {
    const flag = value === undefined || value === false ? undefined : flagOf(key);
    return flag ? [[key, flag] as [string, Flag]] : [];
  });
}
