/**
 * Permissions → Deno's options: `deno.permissions` of a Worker, and `--allow-…` of a process.
 *
 * @module
 */

import { PERMISSION_NAMES, type PermissionSet } from "../wire/permissions.ts";

/**
 * A host from which no module can come: the name is reserved (RFC 2606). Without a list of hosts, Deno grants a list of its
 * own, also with `--deny-import`.
 */
const NOWHERE = "polyloop.invalid";

/** All permissions by name, the denied ones too. Imports from the hosts of our own code and of the module are granted. */
export function allPermissions(granted: PermissionSet, module: string | null): Required<PermissionSet> {
  const entries = PERMISSION_NAMES.map((name) => [name, granted[name] ?? false]);
  const all = Object.fromEntries(entries) as Required<PermissionSet>;
  const remote = [import.meta.url, module ?? ""].filter((url) => /^https?:/.test(url));
  if (remote.length === 0 || all.import === true) return all;
  return { ...all, import: [...(all.import || []), ...remote.map((url) => new URL(url).host)] };
}

/** `--allow-read=/data`, as `deno run` takes it. */
export function permissionFlags(permissions: PermissionSet): string[] {
  return Object.entries(permissions).flatMap(([name, grant]) => {
    if (grant === true) return `--allow-${name}`;
    // An empty list would grant everything, and is left out.
    if (grant && grant.length > 0) return `--allow-${name}=${grant.join(",")}`;
    // Denied explicitly: where no flag is about permissions, node's API starts Deno with all of them.
    if (name === "ffi") return "--deny-ffi";
    return name === "import" ? `--allow-import=${NOWHERE}` : [];
  });
}
