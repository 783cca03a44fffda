/**
 * The flags that grant permissions, which several commands have.
 *
 * @module
 */

import { type Command as Program, Option } from "npm:commander@15.1.0";
import { GRANTABLE, PATH_GRANTS } from "./permissions.ts";

/** Adds them; the help shows one for all. `config`: whether a config may be found whose permissions can be taken. */
export function addPermissions(command: Program, { config }: { config: boolean }): Program {
  command
    .optionsGroup("What the task may do (nothing of this, where Deno can see to it):")
    .option("-A, --allow-all", "everything");
  if (config) command.option("-P, --config-permissions", "what the polyloop.json beside MODULE grants");
  command
    .option(
      "--allow-read [PATHS]",
      "read files, or these: =A,B; so too -write -net -env -run -ffi -sys -import",
    );
  for (const name of GRANTABLE) {
    if (name === "read") continue;
    const list = PATH_GRANTS.includes(name) ? "PATHS" : "LIST";
    command.addOption(new Option(`--allow-${name} [${list}]`, `grant ${name}, whole or =LIST`).hideHelp());
  }
  return command;
}
