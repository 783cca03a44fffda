/**
 * Leaves the process at once; where OpenTelemetry is on, as soon as what is known is exported, or a second is over.
 *
 * @module
 */

import process from "node:process";
import { flushTelemetry } from "../wire/flush_telemetry.ts";
import { telemetry } from "../wire/telemetry.ts";
import type { ExitCode } from "./exit_code.ts";
import { guardExit } from "./exit_guard.ts";

/** So long may an export take of a run that the user wants to be over, in milliseconds. */
const LEAVING_TIME = 1_000;

/** Ends the process with this code. */
export function leave(code: ExitCode): void {
  if (!telemetry()) process.exit(code);
  void Promise.all([flushTelemetry(LEAVING_TIME), guardExit(code, LEAVING_TIME)]).finally(() =>
    process.exit(code)
  );
}
