/** Checks the options of an executor about its workers: their number, their permissions, and how they are started. */

import type { ResourceLimits, WorkerSettings } from "../../backends/default.ts";
import { isPermissionName, PERMISSION_NAMES, type Permissions } from "../../wire/permissions.ts";
import {
  checkNames,
  checkRecord,
  count,
  type OptionNames,
  positive,
  shown,
  textOf,
  textsOf,
} from "./checks.ts";
import type { ExecutorOptions } from "./executor_options.ts";
import { nearest } from "./nearest.ts";

/** Fields of `workers`. */
const BOUNDS: OptionNames<{ min?: number; max?: number }> = { min: true, max: true };

const RESOURCE_LIMITS: OptionNames<ResourceLimits> = {
  maxOldGenerationSizeMb: true,
  maxYoungGenerationSizeMb: true,
  codeRangeSizeMb: true,
  stackSizeMb: true,
};

/** Maximum number of workers. A guess: more than any machine has memory for. Each position takes an element of an array. */
const MOST_WORKERS = 65_536;

/** Checks `workers`. `most` is the default of its upper bound. */
export function workerBounds(
  workers: ExecutorOptions["workers"],
  most: number,
): { min: number; max: number } {
  if (typeof workers !== "object") {
    return { min: 0, max: count("workers", workers === undefined ? most : workers, 1, MOST_WORKERS) };
  }
  checkNames(workers, BOUNDS, { path: "workers" });
  const min = count("workers.min", workers.min === undefined ? 0 : workers.min, 0, MOST_WORKERS);
  const max = count(
    "workers.max",
    workers.max === undefined ? Math.max(most, min) : workers.max,
    1,
    MOST_WORKERS,
  );
  if (min > max) throw new RangeError(`workers.min must be at most workers.max (${max}), got ${min}`);
  return { min, max };
}

export function permissionsOf(permissions: Permissions): Permissions {
  if (permissions === "inherit" || permissions === "none") return permissions;
  if (typeof permissions !== "object" || permissions === null || Array.isArray(permissions)) {
    throw new TypeError(`permissions must be "inherit", "none" or an object, got ${shown(permissions)}`);
  }
  for (const [name, grant] of Object.entries(permissions)) {
    if (!isPermissionName(name)) {
      const near = nearest(name, [...PERMISSION_NAMES]);
      const advice = near ? `; did you mean permissions.${near}?` : "";
      throw new TypeError(
        `permissions.${name} is no permission; there are ${PERMISSION_NAMES.join(", ")}${advice}`,
      );
    }
    const sound = grant === undefined || typeof grant === "boolean" ||
      (Array.isArray(grant) && grant.every((item) => typeof item === "string" && item !== ""));
    if (!sound) throw new TypeError(`permissions.${name} must be true, false or an array of strings`);
    // In Deno's flags a comma ends an item, so the rest of the text would be granted as another item.
    const split = Array.isArray(grant) && grant.find((item) => item.includes(","));
    if (split) throw new TypeError(`permissions.${name} must list items without commas, got ${split}`);
  }
  return { ...permissions };
}

/** Checks the settings of a worker at its start: its environment, its arguments and its limits of memory. */
export function settingsOf({ env, argv, execArgv, resourceLimits }: ExecutorOptions): WorkerSettings {
  const settings: WorkerSettings = {};
  if (env !== undefined) {
    checkRecord("env", env);
    for (const [name, value] of Object.entries(env)) textOf(`env.${name}`, value);
    settings.env = { ...env };
  }
  if (argv !== undefined) settings.argv = textsOf("argv", argv);
  if (execArgv !== undefined) settings.execArgv = textsOf("execArgv", execArgv);
  if (resourceLimits !== undefined) {
    checkNames(resourceLimits, RESOURCE_LIMITS, { path: "resourceLimits" });
    settings.resourceLimits = { ...resourceLimits };
    for (const [name, value] of Object.entries(settings.resourceLimits)) {
      positive(`resourceLimits.${name}`, value);
    }
  }
  return settings;
}
