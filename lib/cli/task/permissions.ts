/**
 * Converts the flags `-A` and `--allow-…` to the permissions of tasks. Without a flag, a task has no permissions on
 * Deno and all permissions on Node.
 */

import {
  isPermissionName,
  PATH_PERMISSIONS,
  type PermissionName,
  type Permissions,
  type PermissionSet,
} from "../../wire/permissions.ts";
import { absolutePath } from "../basics/paths.ts";
import { UserError } from "../user_error.ts";

/** The value of a flag without a list. Users cannot type it. */
export const EVERYTHING = "\0";

/** `allowRead` → `read`. Undefined for other flags. */
export function granted(flag: string): PermissionName | undefined {
  const name = /^allow([A-Z]\w+)$/.exec(flag)?.[1].toLowerCase() ?? "";
  return isPermissionName(name) ? name : undefined;
}

/** Whether a flag, or a key of a config, grants a permission. */
export function isPermission(flag: string): boolean {
  return flag === "allowAll" || granted(flag) !== undefined;
}

export function withoutGrants(flags: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([flag]) => !isPermission(flag)));
}

/**
 * The value of a flag that lists paths, `a,./b`, with absolute paths. Other values stay.
 *
 * @throws {UserError} if the path of the current folder contains a comma, which separates the paths of a list
 */
export function absoluteGrant(flag: string, value: string): string {
  const name = granted(flag);
  if (name === undefined || !PATH_PERMISSIONS.includes(name) || value === EVERYTHING) return value;
  const paths = value.split(",").map(absolutePath);
  const split = paths.find((path) => path.includes(","));
  if (split === undefined) return paths.join(",");
  throw new UserError(
    `--allow-${name}: a journal cannot keep ${split}, because commas separate the paths of a list: ` +
      "work from a folder without a comma, or leave --journal out",
  );
}

/**
 * The environment variables that say whether a terminal has colours. Deno reads them with the permissions of the task when
 * `node:console` or `util.styleText` prints to a terminal. None of them is a secret.
 */
const ABOUT_COLORS =
  ("NODE_DISABLE_COLORS NO_COLOR FORCE_COLOR TERM COLORTERM TERM_PROGRAM TERM_PROGRAM_VERSION " +
    "TMUX CI CI_NAME TF_BUILD AGENT_NAME TEAMCITY_VERSION APPVEYOR BUILDKITE CIRCLECI DRONE GITHUB_ACTIONS GITEA_ACTIONS " +
    "GITLAB_CI TRAVIS").split(" ");

export function permissionsOf(
  { allowAll, allow }: { allowAll: boolean; allow: PermissionSet },
): Permissions {
  if (allowAll) return "inherit";
  if (!("Deno" in globalThis)) return Object.keys(allow).length === 0 ? "inherit" : allow;
  if (allow.env === true) return allow;
  return { ...allow, env: [...(allow.env || []), ...ABOUT_COLORS] };
}

/** The permissions, with read access to files that are read when the module is loaded. */
export function withReads(permissions: Permissions, files: string[] = []): Permissions {
  if (typeof permissions === "string" || permissions.read === true) return permissions;
  // A path with a comma would become two paths, so it is left out. Access to that file is denied, and the error names
  // the flag.
  const listed = files.filter((path) => !path.includes(","));
  return listed.length === 0
    ? permissions
    : { ...permissions, read: [...(permissions.read || []), ...listed] };
}
