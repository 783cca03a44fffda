/**
 * Watches the main thread while tasks run in it (`--isolation none`). If a task exits the process, or throws outside
 * its promise, the run must not seem to have ended normally.
 */

import process from "node:process";
import type { ErrorText } from "../task/error_text.ts";
import type { ExitCode } from "./exit_code.ts";
import { printLine } from "../progress/terminal.ts";

interface GuardInit {
  text: ErrorText;
  giveUp(line: string): void;
  /** Called before the process exits at once. Returns the exit code. */
  beforeLeaving(): ExitCode;
}

export function guardThread({ text, giveUp, beforeLeaving }: GuardInit): { stop(): void } {
  const onError = (error: unknown) => giveUp(`A task threw outside of its promise: ${text.line(error)}`);
  const onExit = () => {
    guard.stop();
    printLine("polyloop: a task ended the process before the run was over");
    // The task's own exit code is not used, because it may be 0, which means that all inputs have succeeded.
    process.exit(beforeLeaving());
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
  // The only event that Deno.exit() fires.
  globalThis.addEventListener?.("unload", onExit);
  return guard;
}
