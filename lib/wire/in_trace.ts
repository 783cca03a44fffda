/**
 * Does something within a span that is elsewhere: a task's body within the span of the task, on whatever worker; a chunk
 * within the span of a producer on another machine. Nothing happens where OpenTelemetry is off in this realm.
 *
 * @module
 */

import { extract, telemetry, type TraceCarrier, type TraceContext } from "./telemetry.ts";

/** Where no task is: a task that starts as another ends would be within that one. */
let outside: TraceContext | undefined;

/** Calls back within the span that crossed; so does whatever follows from that, later too. */
export function inTrace<T>(carrier: TraceCarrier, call: () => T): T {
  const api = telemetry();
  if (!api) return call();
  outside ??= api.context.active();
  return api.context.with(extract(api, outside, carrier), call);
}
