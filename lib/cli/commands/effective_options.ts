/**
 * The options that apply to a run, each with its origin, as `--dry-run` shows them.
 *
 * @module
 */

import { brokerOf } from "../broker/broker_address.ts";
import type { Effective } from "../config/effective.ts";
import { OPTION_KEYS, type RunOptions } from "../flags/options.ts";
import { EVERYTHING, granted, isPermission } from "../task/permissions.ts";
import { firstLine } from "../progress/format.ts";

/** What counts where nobody says anything. What is not here is off. */
function defaults({ args, isolation = "thread" }: RunOptions): Record<string, string> {
  return {
    workers: String(navigator.hardwareConcurrency),
    concurrency: "16",
    isolation,
    input: args ? "the arguments" : "stdin",
    output: "stdout",
    from: args ? "lines" : "jsonl",
    to: "jsonl",
    timeout: "none",
    grace: "5s",
    retries: "0",
    permissions: "Deno" in globalThis ? "none" : "all",
    progress: "auto",
  };
}

/** The options, and why tasks run in processes, if nobody asked for them. */
interface Shown extends Effective {
  isolatedBecause?: string;
}

/** So much of a value is shown. */
const MOST = 50;

/** A line for each: its name, its value as the flag has it, and its origin. */
export function effectiveOptions({ options, flags, origins, isolatedBecause }: Shown): string[] {
  const fallback = defaults(options);
  const originOf = (key: string) => {
    const file = key === "from" || key === "to" ? origins.endings[key] : undefined;
    if (file !== undefined) return `the ending of ${file}`;
    if (origins.flags.includes(key)) return "flag";
    if (key === "isolation" && isolatedBecause !== undefined) return isolatedBecause;
    return origins.config?.keys.includes(key) ? origins.config.path : "default";
  };
  const rows: [name: string, value: string, origin: string][] = [];
  for (const key of OPTION_KEYS.filter((key) => !isPermission(key))) {
    const value = flags[key] === undefined ? fallback[key] : valueOf(flags[key]);
    if (value !== undefined) rows.push([flagOf(key), value, originOf(key)]);
  }
  const grants = Object.keys(flags).filter((key) => isPermission(key) && flags[key] !== false);
  const granting = grants.map((key) => grantOf(key, flags[key])).join(" ");
  rows.push([
    "permissions",
    granting || fallback.permissions,
    grants.length > 0 ? originOf(grants[0]) : "default",
  ]);
  const broker = brokerOf(options);
  if (broker && options.redis === undefined) rows.push(["redis", "set", broker.source]);
  const [names, values] = [0, 1].map((at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map(([name, value, origin]) => `  ${name.padEnd(names)}  ${value.padEnd(values)}  ${origin}`);
}

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueOf).join(" ");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === "-" ? "- (stdin or stdout)" : firstLine(text, MOST);
}

/** `limitPer` → `limit-per`. */
function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function grantOf(key: string, value: unknown): string {
  if (key === "allowAll") return "-A";
  return `--allow-${granted(key)}${value === EVERYTHING ? "" : `=${value}`}`;
}
