/** Converts permissions to Deno's options: `deno.permissions` of a Worker, and `--allow-…` of a process. */

import { PERMISSION_NAMES, type PermissionSet } from "../wire/permissions.ts";

/**
 * A host from which no module can be loaded, because the name is reserved (RFC 2606). Without a list of hosts, Deno
 * allows its own default list, even with `--deny-import`.
 */
const NOWHERE = "polyloop.invalid";

/** Returns all permissions by name, including denied ones. Imports from the hosts of polyloop and of the module are granted. */
export function allPermissions(granted: PermissionSet, module: string | null): Required<PermissionSet> {
  const entries = PERMISSION_NAMES.map((name) => [name, granted[name] ?? false]);
  const all = Object.fromEntries(entries) as Required<PermissionSet>;
  const remote = [import.meta.url, module ?? ""].filter((url) => /^https?:/.test(url));
  if (remote.length === 0 || all.import === true) return all;
  return { ...all, import: [...(all.import || []), ...remote.map((url) => new URL(url).host)] };
}

/** Returns the flags of `deno run`, such as `--allow-read=/data`. */
export function permissionFlags(permissions: PermissionSet): string[] {
  return Object.entries(permissions).flatMap(([name, grant]) => {
    if (grant === true) return `--allow-${name}`;
    // A flag with an empty list would grant everything, so it is left out.
    if (grant && grant.length > 0) return `--allow-${name}=${grant.join(",")}`;
    // Denied explicitly: without any permission flag, node's API starts Deno with all permissions.
    if (name === "ffi") return "--deny-ffi";
    return name === "import" ? `--allow-import=${NOWHERE}` : [];
  });
}
