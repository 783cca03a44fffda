/** Checks options: from flags, from the keys of a config, or from a journal. The table has the check of each. */

import { formatByEnding, formatOfInputs, mixedInputs } from "../input/formats/format_by_ending.ts";
import { granted } from "../task/permissions.ts";
import { UserError } from "../user_error.ts";
import type { Grant, PermissionName } from "../../wire/permissions.ts";
import type { CommandName } from "./commands.ts";
import { type Flag, type FlagKey, flagName, FLAGS, keysOf, keysWith } from "./table.ts";
import type { ValueOf } from "./values/kind.ts";

type KeyOf<C extends CommandName> = {
  [K in FlagKey]: C extends typeof FLAGS[K]["in"][number] ? K : never;
}[FlagKey];

/** The keys among them that always have a value. */
type Filled<K extends FlagKey> = K extends FlagKey
  ? typeof FLAGS[K] extends { filled: string | boolean } ? K : never
  : never;

type Values<K extends FlagKey> =
  & { [P in Filled<K>]: ValueOf<typeof FLAGS[P]["value"]> }
  & { [P in Exclude<K, Filled<K>>]?: ValueOf<typeof FLAGS[P]["value"]> };

type GrantKey = `allow${Capitalize<PermissionName>}`;

export type RunOptions = Omit<Values<Exclude<KeyOf<"run">, GrantKey>>, "from"> & {
  allow: { [K in PermissionName]?: Exclude<Grant, false> };
  from: InputFormatName;
};

type InputFormatName = ValueOf<typeof FLAGS.from.value>;

/** The options of `polyloop bench` that `run` does not have. */
export type BenchOptions = Values<Exclude<KeyOf<"bench">, KeyOf<"run">>>;

/** The options of `polyloop worker` that `run` does not have. */
export type WorkerOptions = Values<Exclude<KeyOf<"worker">, KeyOf<"run">>>;

export type TopOptions = Values<KeyOf<"top">>;

export const CONFIG_KEYS: string[] = keysWith(({ config }) => config.length > 0);

const RUN_KEYS = keysOf("run");

/**
 * Checks the options of a command that `run` does not have, or all options of `top`.
 *
 * @throws {UserError} if a value is wrong
 */
export function checkOwn<T extends BenchOptions | WorkerOptions | TopOptions>(
  command: "bench" | "worker" | "top",
  flags: Record<string, unknown>,
): T {
  const keys = keysOf(command).filter((key) => command === "top" || !RUN_KEYS.includes(key));
  return checkedBy<T>(keys, flags, flagName);
}

function checkedBy<T>(keys: string[], values: Record<string, unknown>, nameOf: (key: string) => string): T {
  const checked: Record<string, unknown> = {};
  for (const key of keys) {
    const { value: kind, filled }: Flag = FLAGS[key as FlagKey];
    const given = values[key] === undefined ? filled : values[key];
    if (given === undefined) continue;
    try {
      checked[key] = kind.check(given);
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${nameOf(key)}: ${error.message}`) : error;
    }
  }
  const unknown = Object.keys(values).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new UserError(`${nameOf(unknown)}: unknown option`);
  return checked as T;
}

/**
 * Checks the options of `run`.
 *
 * @throws {UserError} such as `--workers: expected a whole number of at least 1, got "0"`
 */
export function checkRunOptions(flags: Record<string, unknown>): RunOptions {
  const options = checkFlags(flags);
  const { module, eval: source, args, input } = options;
  const mixed = flags.from === undefined && !args ? mixedInputs(input) : undefined;
  if (mixed !== undefined) throw new UserError(mixed);
  if (module === undefined && source === undefined) {
    throw new UserError("run: name a MODULE, or give a function with -e (see polyloop run --help)");
  }
  return options;
}

/** Checks the options of `run` if a config may name the module. @throws {UserError} as {@link checkRunOptions} does */
export function checkFlags(flags: Record<string, unknown>): RunOptions {
  const given = checkValues(flags);
  const { module, eval: source } = given;
  if (module !== undefined && source !== undefined) {
    throw new UserError(`run: give a MODULE or -e, not both (got "${module}" and -e)`);
  }
  const options = withEndings(given, flags);
  const conflict = conflictIn(options, flags);
  if (conflict !== undefined) throw new UserError(conflict);
  return options;
}

/**
 * Checks the values of `run` alone, and not their combination.
 *
 * @param nameOf returns the name of an option in messages. Default: its flag.
 * @throws {UserError} if a value is wrong
 */
export function checkValues(values: Record<string, unknown>, nameOf = flagName): RunOptions {
  const checked = checkedBy<Record<string, unknown>>(RUN_KEYS, values, nameOf);
  const options: Record<string, unknown> = { ...checked, allow: {} };
  for (const [key, value] of Object.entries(checked)) {
    const name = granted(key);
    if (name === undefined) continue;
    if (value !== undefined) (options.allow as Record<string, unknown>)[name] = value;
    delete options[key];
  }
  // Arguments are plain text by default, as in a shell.
  options.from ??= options.args ? "lines" : "jsonl";
  return options as unknown as RunOptions;
}

/** Adds the formats that the extensions of files determine, if no flag sets them. */
function withEndings(options: RunOptions, flags: Record<string, unknown>): RunOptions {
  const { args, input, output, from, to } = options;
  return {
    ...options,
    from: flags.from === undefined && !args ? formatOfInputs(input)?.format ?? from : from,
    to: flags.to === undefined ? formatByEnding(output) ?? to : to,
  };
}

function conflictIn(
  { args, from, to, envelope, batch, limitPer, rate, sample, seed, shard, revisit }: RunOptions,
  flags: Record<string, unknown>,
): string | undefined {
  if (args && flags.input !== undefined) {
    return "run: give inputs after -- or with -i, not both";
  }
  if (args && from !== "lines" && from !== "jsonl") {
    return `--from ${from}: inputs after -- can only be read as lines or as jsonl`;
  }
  if (envelope && (to === "csv" || to === "tsv")) {
    return "--envelope: an envelope cannot be written as a CSV row: use --to jsonl or --to json";
  }
  if (limitPer && batch !== undefined) {
    return "--limit-per: cannot be used with --batch, whose inputs run in one call: remove one of the two";
  }
  const sum = rate?.find(({ field }) => field !== undefined);
  if (sum && batch !== undefined) {
    return `--rate ${sum.text}: cannot be used with --batch, whose inputs run in one call: remove one of the two`;
  }
  if (revisit && (shard !== undefined || batch !== undefined)) {
    return `--revisit: has no effect with ${
      shard === undefined ? "--batch" : "--shard"
    }, where tasks cannot add inputs`;
  }
  if (seed !== undefined && sample === undefined) return "--seed: has no effect without --sample N";
  return undefined;
}
