/**
 * Tells of a thread that computes on after its worker was given up: until the run ends it keeps a core from the others.
 *
 * @module
 */

import type { Executor } from "../../executor/executor.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import { printLine } from "./terminal.ts";

/** Says it once, with the flag that helps. */
export function tellStuckThread(executor: Executor): void {
  let said = false;
  executor.addEventListener("threadstuck", (event) => {
    event.preventDefault();
    if (said) return;
    said = true;
    const advice = "Run tasks that may never end with --isolation process";
    printLine(`polyloop: ${stuckThreadText("thread", advice)}`);
  });
}
