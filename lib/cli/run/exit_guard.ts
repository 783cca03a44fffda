/**
 * Ends the process in time if the collector of OpenTelemetry does not answer. Deno exports as the process ends, waits
 * ten seconds each for spans and metrics, and runs no JavaScript of the main thread meanwhile: so a thread of its own
 * ends the process, with the same exit code, by the only way that exports nothing: the C library's.
 *
 * @module
 */

import { FLUSH_TIME } from "../../wire/flush_telemetry.ts";
import { telemetry } from "../../wire/telemetry.ts";
import { cLibrary, EXIT_NOW } from "../stdio/c_library.ts";

/** What the user is told, on Deno and elsewhere. */
export const NOT_EXPORTED =
  "polyloop: OpenTelemetry: some spans were not exported. Does the collector answer?\n";

/** Resolves when the guard is there; at once where none is needed, or none can be had. */
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
      // Without a guard the process ends all the same, only later.
      event.preventDefault();
      resolve();
    });
  });
}
