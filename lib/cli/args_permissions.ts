/**
 * The flags that grant permissions, which several commands have.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";
import { GRANTABLE, PATH_GRANTS } from "./permissions.ts";
import type { PermissionName } from "../wire/permissions.ts";

const WHAT: Record<PermissionName, string> = {
  read: "read files",
  write: "write files",
  net: "connect to hosts",
  env: "see variables of the environment",
  run: "start programs",
  ffi: "load native libraries",
  sys: "ask the system about itself",
  import: "import modules from other hosts",
};

/** Adds them. `config`: whether a config may be found whose permissions can be taken. */
export function addPermissions(command: Program, { config }: { config: boolean }): Program {
  command
    .optionsGroup("What the task may do (on Deno nothing of this; a list stands after =, as =A,B):")
    .option("-A, --allow-all", "everything");
  if (config) command.option("-P, --config-permissions", "what a polyloop.json beside MODULE grants");
  for (const name of GRANTABLE) {
    const list = PATH_GRANTS.includes(name) ? "PATHS" : "LIST";
    command.option(`--allow-${name} [${list}]`, WHAT[name]);
  }
  return command;
}
