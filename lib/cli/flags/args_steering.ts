/**
 * The flags that steer a run: how fast it goes, and how much at once.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";

/** Adds them to a command. */
export function addSteering(command: Program): Program {
  return command
    .option("--rate <N/TIME>", "start at most N tasks per time: 100/s, 10/m")
    .option("--limit-per <KEY=N>", "at most N in flight per host, or value of a field")
    .option("--memory <SIZE>", "replace workers that exceed their part of SIZE");
}
