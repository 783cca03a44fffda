/**
 * Exits the process at once. With OpenTelemetry, it first exports the spans, for at most two seconds.
 *
 * @module
 */

import process from "node:process";
import { flushTelemetry } from "../../wire/flush_telemetry.ts";
import { telemetry } from "../../wire/telemetry.ts";
import type { ExitCode } from "./exit_code.ts";
import { guardExit } from "./exit_guard.ts";

/** Ends the process with this code. */
export function leave(code: ExitCode): void {
  if (!telemetry()) process.exit(code);
  void Promise.all([flushTelemetry(), guardExit(code)]).finally(() => process.exit(code));
}
