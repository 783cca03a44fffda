/**
 * With `--isolation none` a task shares the thread with the command line. This keeps what it does to
 * the process from passing for the run's own end.
 *
 * @module
 */

import process from "node:process";
import type { ErrorText } from "../task/error_text.ts";
import { ExitCode } from "../exit_code.ts";
import { printLine } from "../progress/terminal.ts";

/** What the guard needs to speak and to act. */
interface GuardInit {
  text: ErrorText;
  /** Is told why the run cannot go on. */
  giveUp(line: string): void;
  /** Called before the process is left at once. */
  beforeLeaving(): void;
}

/** Watches until `stop()`. */
export function guardThread({ text, giveUp, beforeLeaving }: GuardInit): { stop(): void } {
  const onError = (error: unknown) => giveUp(`A task threw outside of its promise: ${text.line(error)}`);
  const onExit = () => {
    guard.stop();
    printLine("polyloop: a task ended the process before the run was over");
    beforeLeaving();
    // Whatever code the task chose: it must not be taken for "all inputs ended well".
    process.exit(ExitCode.incomplete);
  };
  const guard = {
    stop() {
      process.off("uncaughtException", onError);
      process.off("unhandledRejection", onError);
      process.off("exit", onExit);
      globalThis.removeEventListener?.("unload", onExit);
    },
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
  process.on("exit", onExit);
  // Deno.exit() tells of itself by this event alone.
  globalThis.addEventListener?.("unload", onExit);
  return guard;
}
