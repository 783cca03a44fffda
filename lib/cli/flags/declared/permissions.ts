/** The flags that grant permissions to tasks. */

import { PATH_PERMISSIONS, type PermissionName } from "../../../wire/permissions.ts";
import { EVERYTHING } from "../../task/permissions.ts";
import { grant, yes } from "../values/texts.ts";
import { flag, toggle } from "../flag.ts";

const PERMITTED = { in: ["run", "resume", "bench", "worker"], topic: "permissions" } as const;

/** Declares a flag that grants one permission, for a list of `what` if one follows. */
function allow(name: PermissionName, what: "PATHS" | "HOSTS" | "NAMES" | "PROGRAMS", help: string) {
  return flag(`--allow-${name} [${what}]`, grant({ isPath: PATH_PERMISSIONS.includes(name) }), help, {
    ...PERMITTED,
    bare: EVERYTHING,
    // Where tasks have all permissions by default, a list can only restrict them.
    found: () => "Deno" in globalThis,
  });
}

export const PERMISSIONS = {
  allowAll: toggle("-A, --allow-all", "Grant all permissions", {
    ...PERMITTED,
    found: () => true,
  }),
  configPermissions: flag("-P, --config-permissions", yes(), "Apply the permissions of polyloop.json", {
    in: ["run", "bench", "worker"],
    config: [],
    topic: "permissions",
    isOfSession: true,
  }),
  allowRead: allow("read", "PATHS", "Read files"),
  allowWrite: allow("write", "PATHS", "Write files"),
  allowNet: allow("net", "HOSTS", "Connect to hosts"),
  allowEnv: allow("env", "NAMES", "Read environment variables"),
  allowRun: allow("run", "PROGRAMS", "Start programs"),
  allowFfi: allow("ffi", "PATHS", "Load native libraries"),
  allowSys: allow("sys", "NAMES", "Read system information"),
  allowImport: allow("import", "HOSTS", "Import modules from other hosts"),
};
