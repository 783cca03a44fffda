/**
 * Ends the first process of a container by the signals that stop it. The system does not: a first process ignores each signal that it
 * does not listen to. Other processes end by themselves until a `SignalWatch` listens.
 */

import process from "node:process";
import { ExitCode } from "../run/exit_code.ts";
import { STOP_SIGNALS } from "./protocol.ts";

let handlers: [name: string, handler: () => void][] = [];

/** Listens until {@link watchListens}, if this is a first process. */
export function endBySignals(): void {
  if (process.pid !== 1) return;
  handlers = STOP_SIGNALS.map((name) => [name, () => process.exit(ExitCode[name])]);
  for (const [name, handler] of handlers) process.on(name, handler);
}

/** Called when a `SignalWatch` listens, which decides what signals do. */
export function watchListens(): void {
  for (const [name, handler] of handlers) process.off(name, handler);
  handlers = [];
}
