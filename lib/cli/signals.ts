/**
 * Three steps of stopping, the same for Ctrl-C and for SIGTERM: finish what runs, abort it, leave. SIGHUP, when
 * the terminal goes, is the first step alone.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { ExitCode } from "./exit_code.ts";

/** Of `nohup polyloop …` nothing is to stop when the terminal goes. Asked at once: a worker or a handler undoes it. */
const IGNORED = ignoresHangUp();

type Name = "SIGINT" | "SIGTERM";

/** What each step does. */
export interface Steps {
  /** First signal: start nothing more. `moreToCome` says whether the same again would do more. */
  drain(moreToCome: boolean): void;
  /** Second: abort what runs. */
  abort(): void;
  /** Third: leave at once. */
  leave(code: ExitCode): void;
}

/** Signals under watch. */
export interface SignalWatch {
  /** The exit code of the first signal that came. */
  readonly code: ExitCode | undefined;
  /** Gives the signals their usual meaning again. */
  stop(): void;
}

/** Takes over both signals until `stop()`. */
export function watchSignals(steps: Steps): SignalWatch {
  let code: ExitCode | undefined;
  const handlers = (["SIGINT", "SIGTERM"] as const).map((name) => [name, makeHandler(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  let hungUp = false;
  const onHangUp = () => {
    if (!hungUp && !IGNORED) steps.drain(false);
    hungUp = true;
  };
  process.on("SIGHUP", onHangUp);
  return {
    get code() {
      return code;
    },
    stop() {
      for (const [name, handler] of handlers) process.off(name, handler);
      process.off("SIGHUP", onHangUp);
    },
  };

  function makeHandler(name: Name): () => void {
    let received = 0;
    return () => {
      code ??= ExitCode[name];
      received++;
      if (received === 1) return steps.drain(true);
      if (received === 2) return steps.abort();
      steps.leave(code);
    };
  }
}

/** Whether this process was started to ignore SIGHUP. Only Linux tells; Node has undone it by now. */
function ignoresHangUp(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
    // The first bit is the first signal, which SIGHUP is.
    return ignored !== null && (parseInt(ignored[1].slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}
