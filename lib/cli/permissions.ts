/**
 * `-A` and `--allow-…` → what tasks may do. On Deno that is nothing unless granted; where the runtime cannot deny
 * anything, it is everything unless something was granted, which is then refused.
 *
 * @module
 */

import type { PermissionName, Permissions, PermissionSet } from "../wire/permissions.ts";
import type { RunOptions } from "./options.ts";

/** The permissions that flags grant, as Deno names them. */
export const GRANTABLE: PermissionName[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];

/** How a flag without a list stands in the arguments: no value that a user could type. */
export const EVERYTHING = "\0";

/** `--allow-net` takes no value from the next word, as a flag with an optional one would: only `=` gives it a list. */
export function withoutValue(arg: string): string {
  const name = /^--allow-(\w+)$/.exec(arg)?.[1];
  return GRANTABLE.some((known) => known === name) ? `${arg}=${EVERYTHING}` : arg;
}

/** What the flags come to. */
export function permissionsOf({ allowAll, allow }: Pick<RunOptions, "allowAll" | "allow">): Permissions {
  if (allowAll) return "inherit";
  if (Object.keys(allow).length === 0 && !("Deno" in globalThis)) return "inherit";
  return allow as PermissionSet;
}
