/** Decides where tasks run: in threads, in processes, or in the main thread. */

import { hasWorkerOptions } from "../../backends/deno_options.ts";
import type { Isolation } from "../../backends/default.ts";
import { COMPUTED } from "./module_imports.ts";
import type { OwnProject } from "./own_project.ts";
import { permissionsOf } from "./permissions.ts";
import type { RunOptions } from "../flags/options.ts";
import { UserError } from "../user_error.ts";

interface Decided<I extends Isolation> {
  isolation: I | "thread" | "process";
  /** The options of `deno run` for worker processes. */
  denoOptions?: string[];
  because?: string;
}

/**
 * Returns the isolation that the user asked for. Otherwise processes, if the module needs its own project, or if this
 * Deno cannot give threads their own permissions. Otherwise threads.
 *
 * @throws {UserError} if the module needs its own project and the user asked for another isolation than processes
 */
export function isolationFor<I extends Isolation>(
  { project, name }: { project?: OwnProject; name: string },
  { isolation: asked, ...options }: { isolation?: I } & Pick<RunOptions, "allow" | "allowAll">,
): Decided<I> {
  if (project) {
    const { denoOptions, because } = project;
    if (asked === undefined || asked === "process") {
      return {
        isolation: "process",
        denoOptions,
        because: `the module needs its own project: ${because}`,
      };
    }
    // Most computed names are names of files, which can be imported with every isolation.
    if (because === COMPUTED) return { isolation: asked };
    throw new UserError(
      `--isolation ${asked}: ${name} needs its own project because of ${because}, which only processes can have. ` +
        "Leave out --isolation",
    );
  }
  if (asked !== undefined) return { isolation: asked };
  if (!("Deno" in globalThis) || permissionsOf(options) === "inherit" || hasWorkerOptions()) {
    return { isolation: "thread" };
  }
  return { isolation: "process", because: "this Deno has no --unstable-worker-options" };
}
