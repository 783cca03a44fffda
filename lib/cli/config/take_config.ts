/** Decides which options of a config apply to a run, and makes the lines that tell the user. */

import { flagOf } from "../flags/table.ts";
import type { CONFIG_READERS } from "../flags/flag.ts";
import { formatOfInputs } from "../input/formats/format_by_ending.ts";
import { quoted } from "../progress/quoted.ts";
import { statOf } from "../stdio/stdio.ts";
import { isPermission } from "../task/permissions.ts";
import type { ConfigFile } from "./find_config.ts";
import { readConfig } from "./read_config.ts";
import { type ConfigValues, type Refused, withhold } from "./trust.ts";

export interface Taken {
  values: ConfigValues;
  line: string;
  /** Lists the keys that do not apply, because `--config` did not name the config, and says how to apply them. */
  refusal: string | undefined;
  /** Whether stdin is read in place of the config's `input`. */
  pipe: boolean;
}

export type ConfigCommand = typeof CONFIG_READERS[number];

/** Reads a config and leaves out what does not apply. @throws {UserError} if a key or a value of the config is wrong */
export function takeConfig(
  { path, named }: ConfigFile,
  flags: Record<string, unknown>,
  { command, permissions }: { command: ConfigCommand; permissions: boolean },
): Taken {
  const values: ConfigValues = readConfig(path);
  for (const key of Object.keys(values)) {
    if (!flagOf(key)!.config.includes(command)) delete values[key];
  }
  // A module and -e exclude each other.
  if (flags.module !== undefined || flags.eval !== undefined) {
    delete values.module;
    delete values.eval;
  }
  // Inputs on the command line replace the config's inputs and their format.
  if (flags.args !== undefined) {
    delete values.input;
    delete values.from;
  }
  // The extension of a file on the command line has priority over the format of the config's input.
  const inputs = [flags.input ?? []].flat().map(String);
  if (values.input !== undefined && formatOfInputs(inputs)) delete values.from;
  const refused: Refused[] = named ? [] : withhold(values, { path, permissions });
  const granted = Object.keys(flags).some(isPermission);
  for (const key of Object.keys(values)) {
    // One permission flag replaces all permissions of a config. Otherwise flags could not narrow them.
    if (key in flags || granted && isPermission(key)) delete values[key];
  }
  const hasPipe = hasOwnInput(values) && isRedirected();
  const pipe = hasPipe && !named;
  if (pipe) {
    delete values.input;
    refused.push({
      keys: ["input"],
      why: "stdin is read instead; with < /dev/null, the config's input is read",
    });
  }
  return { values, pipe, line: lineOf(path, values, hasPipe && named), refusal: refusalOf(path, refused) };
}

function hasOwnInput({ input }: ConfigValues): boolean {
  return input !== undefined && ![input].flat().includes("-");
}

function lineOf(path: string, values: ConfigValues, beatsPipe: boolean): string {
  const keys = Object.keys(values).map((key) =>
    key === "input" && beatsPipe ? "input (so stdin is not read)" : key
  );
  return `options from ${path}: ${keys.length === 0 ? "none" : keys.join(", ")}`;
}

function refusalOf(path: string, refused: Refused[]): string | undefined {
  if (refused.length === 0) return undefined;
  const parts = refused.map(({ keys, why }) => `${keys.join(", ")} (${why})`);
  return `not applied from ${path}, which no --config names: ${parts.join("; ")}. ` +
    `To apply everything: --config ${quoted(path)}`;
}

/** Whether stdin is a pipe, a file or a socket. False for a terminal, `/dev/null` (as under cron) and a closed stdin. */
function isRedirected(): boolean {
  const stdin = statOf(0);
  return stdin !== undefined && (stdin.isFIFO() || stdin.isFile() || stdin.isSocket());
}
