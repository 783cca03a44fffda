/**
 * The permissions of tasks, named as in Deno. This is the only list of permissions: the executor's options, the command line's flags and
 * the backends derive theirs from it. Each backend enforces permissions by the means of its runtime, or refuses them.
 */

/** The name of one permission. */
export type PermissionName = "read" | "write" | "net" | "env" | "run" | "ffi" | "sys" | "import";

// An object, so that the compiler reports a missing or unknown name.
const NAMES: Record<PermissionName, true> = {
  read: true,
  write: true,
  net: true,
  env: true,
  run: true,
  ffi: true,
  sys: true,
  import: true,
};

/** The names of all permissions, in the order in which the command line shows them. */
export const PERMISSION_NAMES: readonly PermissionName[] = Object.keys(NAMES) as PermissionName[];

/** The permissions whose lists contain paths. */
export const PATH_PERMISSIONS: readonly PermissionName[] = ["read", "write", "ffi"];

/** Whether a text is the name of a permission. */
export function isPermissionName(text: string): text is PermissionName {
  return Object.hasOwn(NAMES, text);
}

/** The extent of one permission: true for all, false for none, or a list of what is allowed. */
export type Grant = boolean | string[];

/** The granted permissions. Permissions that are left out are denied. */
export type PermissionSet = { [K in PermissionName]?: Grant };

/** `"inherit"`: the permissions of the caller. `"none"`: no permissions. A set: the permissions in it. */
export type Permissions = "inherit" | "none" | PermissionSet;
