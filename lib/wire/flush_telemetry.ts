/**
 * Exports the spans and metrics that this realm recorded for OpenTelemetry, before the realm ends. Deno does so by itself when a process
 * ends; an SDK on Node keeps spans for some seconds, and would lose them.
 *
 * @module
 */

import { telemetry } from "./telemetry.ts";

/**
 * How long a worker, or the command line, waits at its end for an export, in milliseconds. A guess: a busy collector far
 * away takes half a second, and who waits for one that is dead waits for this.
 */
export const FLUSH_TIME = 2_000;

/** The same once an export has taken too long or failed. */
const SECOND_TIME = 1_000;

/** Whether the last export took too long or failed. */
let failed = false;

/** An export that is about to begin. */
let soon: ReturnType<typeof setTimeout> | undefined;

/** A provider of an SDK, or the proxy that the API puts before it. */
interface Provider {
  getDelegate?(): Provider;
  forceFlush?(): Promise<unknown>;
}

/** The globals of `@opentelemetry/api` and `@opentelemetry/api-logs`. */
interface Globals {
  [api: symbol]: { trace?: Provider; metrics?: Provider } | undefined;
}

/**
 * Resolves once everything is exported, or after `most` milliseconds, or at once where there is nothing to export. Never
 * rejects: a collector that is away is no reason to fail.
 *
 * @returns whether everything was exported
 */
export async function flushTelemetry(most: number = FLUSH_TIME): Promise<boolean> {
  const { trace, metrics } = (globalThis as unknown as Globals)[Symbol.for("opentelemetry.js.api.1")] ?? {};
  const flushes = [trace, metrics].map(flushOf).filter((flush) => flush !== undefined);
  if (flushes.length === 0) return true;
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), failed ? Math.min(most, SECOND_TIME) : most);
  const all = Promise.all(flushes.map((flush) => flush())).then(() => true, () => false);
  const exported = await Promise.race([all, late]);
  clearTimeout(timer);
  failed = !exported;
  return exported;
}

/** Begins an export, once what the caller does now has ended its spans. */
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
