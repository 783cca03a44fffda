/**
 * Tells whether this is the compiled binary, and what the binary does not support.
 *
 * @module
 */

import process from "node:process";

const { Deno } = globalThis as unknown as { Deno?: { build: { standalone: boolean } } };

/** True in what `deno task compile` makes. */
export function isCompiled(): boolean {
  return Deno !== undefined && Deno.build.standalone;
}

/** What is said where OpenTelemetry is asked for in vain: Deno fixes when it compiles whether it is on. */
export function ignoredTelemetry(): string | undefined {
  if (!isCompiled() || !/^(true|1)$/i.test(process.env.OTEL_DENO ?? "")) return undefined;
  return "polyloop: OTEL_DENO=true has no effect on the binary, so no spans are exported. Run polyloop on Deno to export spans";
}
