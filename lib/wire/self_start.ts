/**
 * How a compiled program is started as a worker. It has no runtime beside it that would run an entry, so it starts
 * itself, with an argument that tells it from a user's start; backends/child_command.ts gives that, cli.ts looks for it
 * before anything else.
 *
 * @module
 */

import type { PermissionSet } from "./permissions.ts";

/** What the program is told that is started as a worker. */
export interface SelfStart {
  /** Where the worker has permissions of its own: a program cannot give up a part of one, but a thread can lack it. */
  thread?: { entry: string; permissions: Required<PermissionSet> };
}

const ARGUMENT = "--polyloop-worker";

/** Held by a thread that runs a process's tasks, for as long as it lives. */
export const THREAD_LOCK = "polyloop:thread";

let looking = false;

/** What this program is told if it was started as a worker. From now on it can start itself. */
export function lookForSelfStart([argument, told]: string[], connected: boolean): SelfStart | undefined {
  looking = true;
  // By hand, without a parent that sends tasks, it is an option that is not known.
  return argument === ARGUMENT && connected ? JSON.parse(told) : undefined;
}

/** Whether this program looks whether it was started as a worker: any other would do its own work once more. */
export function canSelfStart(): boolean {
  return looking;
}

/** The arguments of such a start. */
export function selfStartArguments(told: SelfStart): string[] {
  return [ARGUMENT, JSON.stringify(told)];
}
