/**
 * `-A` and `--allow-…` → what tasks may do, and what is said where they may not. On Deno that is nothing unless granted;
 * on Node it is everything unless something was granted.
 *
 * @module
 */

import { resolve } from "node:path";
import type { PermissionsUnsupportedError } from "../../errors.ts";
import {
  isPermissionName,
  PATH_PERMISSIONS,
  type PermissionName,
  type Permissions,
  type PermissionSet,
} from "../../wire/permissions.ts";
import { MOST_CAUSES } from "./cause_text.ts";
import { UserError } from "../user_error.ts";

/** How a flag without a list stands in the arguments: no value that a user could type. */
export const EVERYTHING = "\0";

/** `--allow-net` takes no value from the next word, as a flag with an optional one would: only `=` gives it a list. */
export function withoutValue(arg: string): string {
  const name = /^--allow-(\w+)$/.exec(arg)?.[1] ?? "";
  return isPermissionName(name) ? `${arg}=${EVERYTHING}` : arg;
}

/** `allowRead` → `read`; nothing for other flags. */
export function granted(flag: string): PermissionName | undefined {
  const name = /^allow([A-Z]\w+)$/.exec(flag)?.[1].toLowerCase() ?? "";
  return isPermissionName(name) ? name : undefined;
}

/** Whether a flag, or a key of a config, is about what tasks may do. */
export function isPermission(flag: string): boolean {
  return flag === "allowAll" || granted(flag) !== undefined;
}

/** Flags without those of permissions. */
export function withoutGrants(flags: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([flag]) => !isPermission(flag)));
}

/**
 * `a,./b` → both from the root, where a flag lists paths.
 *
 * @throws {UserError} if the folder that we are in has a comma in its path: in a list, that would be two paths
 */
export function absoluteGrant(flag: string, value: string): string {
  const name = granted(flag);
  if (name === undefined || !PATH_PERMISSIONS.includes(name) || value === EVERYTHING) return value;
  const paths = value.split(",").map((path) => resolve(path));
  const split = paths.find((path) => path.includes(","));
  if (split === undefined) return paths.join(",");
  throw new UserError(
    `--allow-${name}: a journal cannot keep ${split}, because commas separate the paths of a list: ` +
      "work from a folder without a comma, or leave --journal out",
  );
}

/** What to add or leave out where the runtime cannot hold tasks to the flags; on Node there is more to say. */
export function unenforceable(error: PermissionsUnsupportedError, isolation: string | undefined): string {
  if (isolation === "none") return "--isolation none has every permission that polyloop has: say so with -A";
  if ("Bun" in globalThis) {
    return "Bun cannot hold tasks to --allow-…: run on Deno or Node, or with -A to let the task do everything";
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

/** Node's names for what it denies → ours. */
const DENIED: Record<string, PermissionName> = {
  FileSystemRead: "read",
  FileSystemWrite: "write",
  ChildProcess: "run",
  Net: "net",
  WASI: "ffi",
  FFI: "ffi",
};

/** What Node puts on the error of a denied access. */
interface Denial {
  code?: string;
  permission?: string;
  resource?: string;
  /** Only connections have it, in place of the permission. */
  syscall?: string;
  address?: string;
  hostname?: string;
}

/** What Deno says in a compiled program: not what a user of that program can do. */
const COMPILED = /specify the required permissions during compilation using `deno compile (--allow-\w+)`/;

/**
 * What was denied and which flag grants it, where the runtime's message does not name one of ours: Node's names another
 * one and no file, and that of a compiled program one of `deno compile`.
 */
export function deniedAccess(error: Error): string | undefined {
  if (COMPILED.test(error.message)) return error.message.replace(COMPILED, "run again with the $1 flag");
  // What `fetch` met is the cause of its own error.
  const source = error.message === "fetch failed" && error.cause instanceof Error ? error.cause : error;
  const { code, permission, syscall, address, hostname, resource = address ?? hostname } = source as Denial;
  if (code === "ERR_DLOPEN_DISABLED") return `${error.message} --allow-ffi grants it`;
  if (code !== "ERR_ACCESS_DENIED") return undefined;
  const name = DENIED[permission ?? (syscall === undefined ? "" : "Net")];
  if (!name) return undefined;
  const what = resource ? `${name} access to ${JSON.stringify(resource)}` : `${name} access`;
  return `Requires ${what}, run again with the --allow-${name} flag`;
}

/** What a task was denied. */
export interface Denied {
  /** The permission that grants it. */
  permission: PermissionName;
  /** What the runtime says of it, with the file or the host. */
  access: string;
}

/** What a task was denied, if that is why it failed; also where it has made an error of its own of it. */
export function deniedOf(thrown: unknown): Denied | undefined {
  for (let depth = 0, error = thrown; error instanceof Error && depth < MOST_CAUSES; depth++) {
    const access = deniedAccess(error) ?? String(error.message);
    const name = /--allow-(\w+) (?:flag$|grants it$)/m.exec(access)?.[1] ?? "";
    if (isPermissionName(name)) return { permission: name, access };
    error = error.cause;
  }
  return undefined;
}

/**
 * What says whether a terminal has colours: Deno asks for all of them, with the rights of the task, where it prints to a
 * terminal by `node:console` or `util.styleText`. None of them is a secret.
 */
export const ABOUT_COLORS =
  ("NODE_DISABLE_COLORS NO_COLOR FORCE_COLOR TERM COLORTERM TERM_PROGRAM TERM_PROGRAM_VERSION " +
    "TMUX CI CI_NAME TF_BUILD AGENT_NAME TEAMCITY_VERSION APPVEYOR BUILDKITE CIRCLECI DRONE GITHUB_ACTIONS GITEA_ACTIONS " +
    "GITLAB_CI TRAVIS").split(" ");

/** What the flags come to. */
export function permissionsOf(
  { allowAll, allow }: { allowAll: boolean; allow: PermissionSet },
): Permissions {
  if (allowAll) return "inherit";
  if (!("Deno" in globalThis)) return Object.keys(allow).length === 0 ? "inherit" : allow;
  if (allow.env === true) return allow;
  return { ...allow, env: [...(allow.env || []), ...ABOUT_COLORS] };
}

/** The same, with files that have to be read for the module to be loaded. */
export function withReads(permissions: Permissions, files: string[] = []): Permissions {
  if (typeof permissions === "string" || permissions.read === true) return permissions;
  // In a list, a comma would make two paths of one; that file is refused, and the flag named.
  const listed = files.filter((path) => !path.includes(","));
  return listed.length === 0
    ? permissions
    : { ...permissions, read: [...(permissions.read || []), ...listed] };
}
