import type { Executor } from "../../executor/executor.ts";
import { stuckThreadText } from "../../executor/pool/stuck_threads.ts";
import type { ServeOptions } from "./serve_options.ts";

const ADVICE =
  "Start the worker with isolation process, or let it go on in processes: on-stuck-thread process";

/** Tells the user once that a thread of a worker cannot be ended. Without `onNotice`, the console tells it. */
export function tellStuckThread(
  executor: Executor,
  { onNotice, onStuckThread = "thread" }: Pick<ServeOptions, "onNotice" | "onStuckThread">,
): void {
  if (!onNotice) return;
  let isTold = false;
  executor.addEventListener("threadstuck", (event) => {
    event.preventDefault();
    if (!isTold) onNotice(stuckThreadText(onStuckThread, ADVICE));
    isTold = true;
  });
}
