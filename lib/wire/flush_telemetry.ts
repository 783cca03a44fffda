/**
 * Exports the spans and metrics that this realm recorded for OpenTelemetry, before the realm ends. Deno exports them
 * when a process ends. An SDK on Node keeps spans for some seconds, and would lose them.
 */

import { API, telemetry } from "./telemetry.ts";

/**
 * How long a worker or the command line waits for the export when it ends, in milliseconds. A guess: a busy, distant
 * collector takes half a second, and a collector that is down delays every end by this time.
 */
export const FLUSH_TIME = 2_000;

/** How long to wait after an export took too long or failed, in milliseconds. */
const SECOND_TIME = 1_000;

// A task may replace the name `globalThis`.
const realm = globalThis as unknown as Globals;

/** Whether the last export took too long or failed. */
let failed = false;

/** The timer of an export that is about to begin. */
let soon: ReturnType<typeof setTimeout> | undefined;

/** A provider of an SDK, or the API's proxy of it. */
interface Provider {
  getDelegate?(): Provider;
  forceFlush?(): Promise<unknown>;
}

/** The globals of `@opentelemetry/api` and `@opentelemetry/api-logs`. */
interface Globals {
  [api: symbol]: { trace?: Provider; metrics?: Provider } | undefined;
}

/**
 * Exports what this realm recorded. Resolves once everything is exported, after `most` milliseconds, or at once if
 * there is nothing to export. Never rejects, because an unreachable collector must not fail a run.
 *
 * @returns whether everything was exported
 */
export async function flushTelemetry(most: number = FLUSH_TIME): Promise<boolean> {
  const { trace, metrics } = realm[API] ?? {};
  const flushes = [flushOf(trace), flushOf(metrics)];
  if (!flushes[0] && !flushes[1]) return true;
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), failed ? Math.min(most, SECOND_TIME) : most);
  const all = Promise.all(flushes.map((flush) => flush?.())).then(() => true, () => false);
  const exported = await Promise.race([all, late]);
  clearTimeout(timer);
  failed = !exported;
  return exported;
}

/** Starts an export in the next turn, when the caller has ended its spans. */
export function flushSoon(): void {
  if (soon !== undefined || !telemetry()) return;
  soon = setTimeout(() => {
    soon = undefined;
    void flushTelemetry();
  });
}

function flushOf(provider: Provider | undefined): (() => Promise<unknown>) | undefined {
  const own = provider?.getDelegate?.() ?? provider;
  if (typeof own?.forceFlush !== "function") return undefined;
  return async () => await own.forceFlush!();
}
