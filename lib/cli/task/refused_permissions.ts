/** Makes the error for permissions that the runtime cannot enforce. On Node, it contains a command that works. */

import process from "node:process";
import { PermissionsUnsupportedError } from "../../errors.ts";
import { Executor } from "../../executor/executor.ts";
import type { ExecutorOptions } from "../../executor/options/executor_options.ts";
import type { PermissionName, PermissionSet } from "../../wire/permissions.ts";
import { quoted } from "../progress/quoted.ts";
import { UserError } from "../user_error.ts";

type Wanted = Pick<ExecutorOptions, "isolation" | "permissions">;

const OR_ALL = "or -A to let the task do everything";

export function refusedPermissions(
  error: PermissionsUnsupportedError,
  { isolation, permissions }: Wanted,
): UserError {
  const isNode = !("Deno" in globalThis || "Bun" in globalThis);
  if (!isNode || isolation === "none") return new UserError(unenforceable(error, isolation));
  // Problems of processes are reported now, and not after the user has tried the suggested command.
  const inProcess = isolation === "process" ? error : refusalOf({ isolation: "process", permissions });
  const { undeniable = [], unlistable = [], message } = inProcess ?? {};
  if (inProcess && undeniable.length + unlistable.length === 0) {
    return new UserError(message!.replace('or use permissions "inherit"', OR_ALL));
  }
  const reasons = [
    isolation === "process" ? "" : "can enforce --allow-… in processes only",
    undeniable.length > 0 ? `cannot deny ${undeniable.join(", ")}` : "",
    unlistable.length > 0 ? `accepts no lists for ${unlistable.join(", ")}` : "",
  ].filter((reason) => reason !== "");
  const granted: PermissionSet = typeof permissions === "object" ? { ...permissions } : {};
  for (const name of [...undeniable, ...unlistable]) granted[name as PermissionName] = true;
  const command = commandWith(process.argv.slice(2), { process: isolation !== "process", granted });
  return new UserError(
    `Node ${process.version} ${reasons.join(", and ")}. Use: ${command}, ${OR_ALL}`,
  );
}

/** Returns the flags to add or to remove, on Deno, Bun and with isolation `none`. */
export function unenforceable(error: PermissionsUnsupportedError, isolation: string | undefined): string {
  if (isolation === "none") {
    return "--isolation none gives the task all of polyloop's permissions: add -A to accept this";
  }
  if ("Bun" in globalThis) {
    return "Bun cannot enforce --allow-…: run on Deno or Node, or use -A to let the task do everything";
  }
  const { undeniable, unlistable, message } = error;
  const whole = [...undeniable, ...unlistable].map((name) => `--allow-${name}`);
  if (whole.length > 0) {
    const lists = unlistable.length > 0 ? `accepts no lists for ${unlistable.join(", ")}` : undefined;
    const denial = undeniable.length > 0 ? `cannot deny ${undeniable.join(", ")}` : undefined;
    const why = [denial, lists].filter(Boolean).join(" and ");
    return `this runtime ${why}: give ${whole.join(" ")} without a list, or -A to let the task do everything`;
  }
  if (isolation === "process") return message;
  return "permissions for threads need Deno's worker options: deno run --unstable-worker-options -A …/cli.ts run …, " +
    "or use --isolation process, or -A to let the task do everything";
}

/** Returns the command line as it was typed, with these permissions. They include those of a config, because flags replace them. */
export function commandWith(
  args: string[],
  { process: inProcess, granted }: { process: boolean; granted: PermissionSet },
): string {
  const [command, ...rest] = args;
  const end = rest.indexOf("--");
  const own = end === -1 ? rest : rest.slice(0, end);
  const isReplaced = (arg: string, at: number) =>
    /^--allow-|^-P$|^--config-permissions$/.test(arg) ||
    inProcess && (/^--isolation(=|$)/.test(arg) || own[at - 1] === "--isolation");
  const grants = Object.entries(granted).filter(([, grant]) => grant !== false && grant !== undefined)
    .map(([name, grant]) => `--allow-${name}${Array.isArray(grant) ? `=${grant.join(",")}` : ""}`);
  const added = [...(inProcess ? ["--isolation", "process"] : []), ...grants];
  const words = [command, ...own.filter((arg, at) => !isReplaced(arg, at)), ...added];
  return ["polyloop", ...words, ...(end === -1 ? [] : rest.slice(end))].map(quoted).join(" ");
}

function refusalOf(wanted: Wanted): PermissionsUnsupportedError | undefined {
  try {
    // Nothing starts: the constructor checks the options.
    new Executor("data:text/javascript,", wanted);
  } catch (error) {
    if (error instanceof PermissionsUnsupportedError) return error;
    throw error;
  }
}
