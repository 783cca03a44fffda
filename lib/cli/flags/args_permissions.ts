/**
 * The flags that grant permissions, which several commands have.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";
import { PATH_PERMISSIONS, PERMISSION_NAMES, type PermissionName } from "../../wire/permissions.ts";

const WHAT: Record<PermissionName, string> = {
  read: "read files",
  write: "write files",
  net: "connect to hosts",
  env: "read environment variables",
  run: "start programs",
  ffi: "load native libraries",
  sys: "read system information",
  import: "import modules from other hosts",
};

/** Adds them. `config`: whether a config may be found whose permissions can be taken. */
export function addPermissions(command: Program, { config }: { config: boolean }): Program {
  command
    .optionsGroup("Permissions of the task (on Deno none by default; a list follows =, as =A,B):")
    .option("-A, --allow-all", "everything");
  if (config) command.option("-P, --config-permissions", "apply the permissions of polyloop.json");
  for (const name of PERMISSION_NAMES) {
    const list = PATH_PERMISSIONS.includes(name) ? "PATHS" : "LIST";
    command.option(`--allow-${name} [${list}]`, WHAT[name]);
  }
  return command;
}
