/**
 * What tasks may do, in Deno's words. This is the one list of permissions: the executor's options, the flags of the
 * command line and the backends derive theirs from it. Each backend enforces permissions in its runtime's way, or refuses.
 *
 * @module
 */

/** The name of one permission. */
export type PermissionName = "read" | "write" | "net" | "env" | "run" | "ffi" | "sys" | "import";

// An object, so that the compiler finds a name that is missing or too many.
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

/** The permissions whose lists are of paths. */
export const PATH_PERMISSIONS: readonly PermissionName[] = ["read", "write", "ffi"];

/** Whether a text is the name of a permission. */
export function isPermissionName(text: string): text is PermissionName {
  return Object.hasOwn(NAMES, text);
}

/** One permission: all of it, none of it, or only for what is listed. */
export type Grant = boolean | string[];

/** The permissions that are granted. What is left out is denied. */
export type PermissionSet = { [K in PermissionName]?: Grant };

/** `"inherit"`: all that the caller may do; `"none"`: nothing; or what is listed. */
export type Permissions = "inherit" | "none" | PermissionSet;
