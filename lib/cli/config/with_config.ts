/** Determines the options of a run: the flag's value, else the config's, else the default. */

import { formatByEnding, formatOfInputs } from "../input/formats/format_by_ending.ts";
import type { RunInput } from "../input/run_input.ts";
import { checkRunOptions, type RunOptions } from "../flags/options.ts";
import { printLine, printObjectsAlone } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import { CONFIG_NAME, findConfig } from "./find_config.ts";
import type { ConfigCommand, Taken } from "./take_config.ts";

interface Given {
  kind: ConfigCommand;
  options: RunOptions;
  flags: Record<string, unknown>;
}

/** The options of a run, with the flags that they were made of. A journal keeps the flags. */
export interface Effective {
  options: RunOptions;
  flags: Record<string, unknown>;
  origins: Origins;
}

export interface Origins {
  /** Names of the options that were set on the command line. */
  flags: string[];
  /** The config that was read, and its keys that apply. */
  config?: { path: string; keys: string[]; pipe: boolean };
  endings: { from?: string; to?: string };
}

/**
 * Adds the config's options to the flags, and prints which ones apply.
 *
 * @throws {UserError} if something in the config is wrong, or neither flags nor config name a task
 */
export async function withConfig({ kind, options: own, flags: given }: Given): Promise<Effective> {
  const file = findConfig(own);
  const { config: _, configPermissions: permissions = false, ...others } = given;
  const flags = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  if (permissions && !file) {
    throw new UserError(`-P: there is no ${CONFIG_NAME} beside the module whose permissions could apply`);
  }
  const taken: Taken | undefined = file &&
    (await import("./take_config.ts")).takeConfig(file, flags, { command: kind, permissions: !!permissions });
  const all = { ...taken?.values, ...flags };
  let options: RunOptions;
  try {
    options = checkRunOptions(all);
    if (options.progress === "json") printObjectsAlone();
    if (taken) printLine(`polyloop: ${taken.line}`);
  } finally {
    // Also if an option is missing, because the refusal may be the reason.
    if (taken?.refusal !== undefined) printLine(`polyloop: ${taken.refusal}`);
  }
  const config = taken &&
    { path: file!.path, keys: Object.keys(taken.values), pipe: taken.pipe };
  const { from, to, args } = options;
  const endings = endingsOf(options, all);
  // A journal keeps the format that a file's extension set, because the run may be resumed with a file of another name.
  const formats = { ...(args ? {} : { from }), ...(endings.to === undefined ? {} : { to }) };
  const origins = { flags: Object.keys(flags), config, endings };
  return { options, flags: { ...all, ...formats }, origins };
}

function endingsOf({ input, output, args }: RunOptions, flags: Record<string, unknown>): Origins["endings"] {
  return {
    from: flags.from === undefined && !args ? formatOfInputs(input)?.path : undefined,
    to: flags.to === undefined && formatByEnding(output) ? output : undefined,
  };
}

/**
 * Refuses an empty stdin that replaced a config's input. It is unclear what the user expects: a scheduler that gives
 * every program an empty pipe expects that all inputs run. After a filter that found nothing, no input should run.
 * Waits for the first bytes of the input.
 *
 * @throws {UserError} if stdin is empty and replaced the config's input
 */
export async function refuseEmptyPipe({ config }: Origins, input: Pick<RunInput, "isEmpty">): Promise<void> {
  if (!config?.pipe || !await input.isEmpty()) return;
  throw new UserError(
    `stdin is empty, and it replaced the input of ${config.path}, so nothing ran. ` +
      "To read the config's input, add < /dev/null. To read stdin alone, add -i -",
  );
}
