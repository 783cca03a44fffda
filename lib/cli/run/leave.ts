/**
 * Exits the process before the command has returned, or while OpenTelemetry exports spans.
 *
 * When the process exits, Deno exports spans and metrics, waits up to ten seconds for each, and runs no JavaScript of
 * the main thread meanwhile. If the collector does not answer, a thread ends the process earlier, with the same exit
 * code. It does so through the C library, because every other way would export, too.
 */

import process from "node:process";
import { FLUSH_TIME, flushTelemetry } from "../../wire/flush_telemetry.ts";
import { telemetry } from "../../wire/telemetry.ts";
import { cLibrary, EXIT_NOW } from "../stdio/c_library.ts";
import type { ExitCode } from "./exit_code.ts";

export const NOT_EXPORTED =
  "polyloop: OpenTelemetry: some spans were not exported. Does the collector answer?\n";

/** Exits with this code. With OpenTelemetry, exports the spans first, for at most two seconds. */
export function leave(code: ExitCode): void {
  if (!telemetry()) process.exit(code);
  void Promise.all([flushTelemetry(), guardExit(code)]).finally(() => process.exit(code));
}

/** Starts the thread that ends the process in time. Resolves when the thread runs; at once if it is not needed or not possible. */
export async function guardExit(code: number): Promise<void> {
  if (!("Deno" in globalThis) || !telemetry()) return;
  const library = cLibrary();
  if (library === undefined) return;
  const source = `
    const { symbols } = Deno.dlopen("${library}", ${JSON.stringify(EXIT_NOW)});
    setTimeout(() => {
      Deno.stderr.writeSync(new TextEncoder().encode(${JSON.stringify(NOT_EXPORTED)}));
      symbols._exit(${code});
    }, ${FLUSH_TIME});
    postMessage("ready");
  `;
  const guard = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
  await new Promise<void>((resolve) => {
    guard.addEventListener("message", () => resolve());
    guard.addEventListener("error", (event) => {
      // Without the thread, the process also exits, but later.
      event.preventDefault();
      resolve();
    });
  });
}
