/**
 * How a compiled program starts its workers. It has no separate runtime that could run an entry, so it starts itself with an argument that
 * marks the start of a worker. backends/child_command.ts adds that argument, and cli.ts checks for it first.
 */

import type { PermissionSet } from "./permissions.ts";

/** What a compiled program is told when it starts as a worker. */
export interface SelfStart {
  /** Set for a worker with its own permissions. A program cannot drop a part of a permission, but it can start a thread without it. */
  thread?: { entry: string; permissions: Required<PermissionSet> };
}

const ARGUMENT = "--polyloop-worker";

/** The lock that the thread with a process's tasks holds while it lives. */
export const THREAD_LOCK = "polyloop:thread";

let looking = false;

/**
 * Returns what this program was told if it was started as a worker. From now on, {@link canSelfStart} is true. `isConnected` says
 * whether a parent sends tasks.
 */
export function lookForSelfStart(
  [argument, told]: string[],
  isConnected: () => boolean,
): SelfStart | undefined {
  looking = true;
  // Without a parent that sends tasks, a user typed the argument, and it is an unknown option.
  return argument === ARGUMENT && isConnected() ? JSON.parse(told) : undefined;
}

/** Whether this program checks for the start of a worker. Any other program would run its own work again. */
export function canSelfStart(): boolean {
  return looking;
}

export function selfStartArguments(told: SelfStart): string[] {
  return [ARGUMENT, JSON.stringify(told)];
}
