/** The options that apply to a run, each with its origin, as `--dry-run` shows them. */

import { brokerOf } from "../broker/broker_address.ts";
import type { Effective } from "../config/with_config.ts";
import { CONFIG_KEYS, type RunOptions } from "../flags/options.ts";
import { defaultOf, flagOf, kebab } from "../flags/table.ts";
import { EVERYTHING, granted, isPermission } from "../task/permissions.ts";
import { firstLine } from "../progress/format.ts";

/** The options, and why tasks run in processes if the user did not ask for it. */
interface Shown extends Effective {
  isolatedBecause?: string;
}

/** Maximum length of a value that is shown, in characters. */
const MOST = 50;

/** A line for each option: its name, its value as the flag has it, and its origin. */
export function shownOptions({ options, flags, origins, isolatedBecause }: Shown): string[] {
  const broker = brokerOf(options);
  const originOf = (key: string) => {
    const file = key === "from" || key === "to" ? origins.endings[key] : undefined;
    if (file !== undefined) return `the ending of ${file}`;
    if (origins.flags.includes(key)) return "flag";
    if (key === "isolation" && isolatedBecause !== undefined) return isolatedBecause;
    return origins.config?.keys.includes(key) ? origins.config.path : "default";
  };
  const rows: [name: string, value: string, origin: string][] = [];
  for (const key of CONFIG_KEYS.filter((key) => !isPermission(key))) {
    const value = flags[key] === undefined ? defaultIn(options, key) : valueOf(flags[key]);
    if (value !== undefined) rows.push([kebab(key), value, originOf(key)]);
  }
  const grants = Object.keys(flags).filter((key) => isPermission(key) && flags[key] !== false);
  const granting = grants.map((key) => grantOf(key, flags[key])).join(" ");
  rows.push([
    "permissions",
    granting || ("Deno" in globalThis ? "none" : "all"),
    grants.length > 0 ? originOf(grants[0]) : "default",
  ]);
  if (broker && options.redis === undefined) rows.push(["redis", "set", broker.source]);
  const [names, values] = [0, 1].map((at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map(([name, value, origin]) => `  ${name.padEnd(names)}  ${value.padEnd(values)}  ${origin}`);
}

/** The default of an option; undefined if it is off, or has no effect in this run. */
function defaultIn(options: RunOptions, key: string): string | undefined {
  const { args, isolation = "thread", from, to } = options;
  const flag = flagOf(key)!;
  if (key === "seed" && options.sample === undefined) return undefined;
  if (flag.topic === "machines" || flag.topic === "csv" && ![from, to].includes("csv")) return undefined;
  const known: Record<string, string | undefined> = {
    workers: String(navigator.hardwareConcurrency),
    isolation,
    from,
    to,
    input: args && "the arguments",
  };
  return known[key] ?? defaultOf(flag);
}

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueOf).join(" ");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === "-" ? "- (stdin or stdout)" : firstLine(text, MOST);
}

function grantOf(key: string, value: unknown): string {
  if (key === "allowAll") return "-A";
  return `--allow-${granted(key)}${value === EVERYTHING ? "" : `=${value}`}`;
}
