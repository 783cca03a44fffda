/**
 * The flags that steer a run: how fast it goes, and how much at once.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";

/** Adds them to a command. */
export function addSteering(command: Program): Program {
  return command
    .option("--rate <N/TIME>", "start no more than so many per time, evenly: 100/s, 10/m");
}
