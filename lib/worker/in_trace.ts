/**
 * Runs a task's body where its caller was: within the span of the task, so that what it does (a `fetch`, a span of its
 * own) belongs to that. Nothing happens where OpenTelemetry is off in this worker.
 *
 * @module
 */

import { extract, telemetry, type TraceCarrier, type TraceContext } from "../wire/telemetry.ts";

/** Where no task is: a task that starts as another ends would be within that one. */
let outside: TraceContext | undefined;

/** Calls back within the span that crossed; so does whatever follows from that, later too. */
export function inTrace(carrier: TraceCarrier, call: () => void): void {
  const api = telemetry();
  if (!api) return call();
  outside ??= api.context.active();
  api.context.with(extract(api, outside, carrier), call);
}
