/**
 * What tasks may do, in Deno's words. Types only: each backend enforces it in its runtime's way, or refuses.
 *
 * @module
 */

/** One permission: all of it, none of it, or for what is listed. */
export type Grant = boolean | string[];

/** The permissions there are. */
export type PermissionName = "read" | "write" | "net" | "env" | "run" | "ffi" | "sys" | "import";

/** What is granted; what is left out is denied. */
export type PermissionSet = { [K in PermissionName]?: Grant };

/** All that the caller may do, nothing, or what is listed. */
export type Permissions = "inherit" | "none" | PermissionSet;
