/**
 * `-A` and `--allow-…` → what tasks may do. On Deno that is nothing unless granted; where the runtime cannot deny
 * anything, it is everything unless something was granted, which is then refused.
 *
 * @module
 */

import { resolve } from "node:path";
import type { PermissionName, Permissions, PermissionSet } from "../wire/permissions.ts";

/** The permissions that flags grant, as Deno names them. */
export const GRANTABLE: PermissionName[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];

/** How a flag without a list stands in the arguments: no value that a user could type. */
export const EVERYTHING = "\0";

/** `--allow-net` takes no value from the next word, as a flag with an optional one would: only `=` gives it a list. */
export function withoutValue(arg: string): string {
  const name = /^--allow-(\w+)$/.exec(arg)?.[1];
  return GRANTABLE.some((known) => known === name) ? `${arg}=${EVERYTHING}` : arg;
}

/** `allowRead` → `read`; nothing for other flags. */
export function granted(flag: string): PermissionName | undefined {
  const name = /^allow([A-Z]\w+)$/.exec(flag)?.[1].toLowerCase();
  return GRANTABLE.find((known) => known === name);
}

/** `a,./b` → both from the root, where a flag lists paths. */
export function absoluteGrant(flag: string, value: string): string {
  const isPaths = ["read", "write", "ffi"].includes(granted(flag) ?? "");
  return isPaths && value !== EVERYTHING ? value.split(",").map((path) => resolve(path)).join(",") : value;
}

/** What the flags come to. */
export function permissionsOf(
  { allowAll, allow }: { allowAll: boolean; allow: PermissionSet },
): Permissions {
  if (allowAll) return "inherit";
  if (Object.keys(allow).length === 0 && !("Deno" in globalThis)) return "inherit";
  return allow;
}
