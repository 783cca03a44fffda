/**
 * The flags that steer a run: how fast it goes, and how much at once.
 *
 * @module
 */

import { type Command as Program, Option } from "npm:commander@15.1.0";

/** Adds them to a command. */
export function addSteering(command: Program): Program {
  return command
    .option(
      "--rate <N/TIME>",
      "so many starts per time: 100/s, 10/m; --limit-per host=2: at once per host",
    )
    .addOption(
      new Option("--limit-per <KEY=N>", "so many in flight per value of a field, or per host").hideHelp(),
    )
    .addOption(
      new Option("--memory <SIZE>", "replace workers as they grow, so that all have about so much: 2gb")
        .hideHelp(),
    );
}
