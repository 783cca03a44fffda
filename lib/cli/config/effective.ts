/**
 * What holds for a run: a flag, else what the config says, else the default.
 *
 * @module
 */

import { checkRunOptions, type RunOptions } from "../options.ts";
import { UserError } from "../user_error.ts";
import { findConfig } from "./find_config.ts";

/** Options, and the flags that they come to; a journal keeps these. */
export interface Effective {
  options: RunOptions;
  flags: Record<string, unknown>;
}

/**
 * Adds what the config says to the flags.
 *
 * @throws {UserError} if something in the config is wrong, or nothing names what is to be run
 */
export async function effective({ options, flags: given }: Effective): Promise<Effective> {
  const path = findConfig(options);
  const flags = Object.fromEntries(
    Object.entries(given).filter(([key, value]) => key !== "config" && value !== undefined),
  );
  const all = path === undefined ? flags : { ...await fromConfig(path, flags), ...flags };
  const checked = checkRunOptions(all);
  if (!checked.ok) throw new UserError(checked.message);
  return { options: checked.value, flags: all };
}

async function fromConfig(path: string, flags: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { readConfig } = await import("./read_config.ts");
  const { module, eval: source, ...others } = readConfig(path);
  // Inputs on the command line take the place of the config's, and of how those are written.
  if (flags.args !== undefined) {
    delete others.input;
    delete others.from;
  }
  // What is run is one thing, whichever of the two ways it is named.
  const named = flags.module !== undefined || flags.eval !== undefined;
  return named ? others : { module, eval: source, ...others };
}
