/**
 * The span in which this process was started: OpenTelemetry's environment variables `TRACEPARENT`, `TRACESTATE` and
 * `BAGGAGE`, which CI systems and other tools set.
 *
 * @module
 */

import process from "node:process";
import { inTrace } from "../../wire/in_trace.ts";
import type { TraceCarrier } from "../../wire/telemetry.ts";

/** Calls back within that span; just so where there is none. */
export function inCallersTrace<T>(call: () => T): T {
  const carrier: TraceCarrier = {};
  for (const name of ["traceparent", "tracestate", "baggage"]) {
    const value = process.env[name.toUpperCase()];
    if (value) carrier[name] = value;
  }
  return Object.keys(carrier).length > 0 ? inTrace(carrier, call) : call();
}
