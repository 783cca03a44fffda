/**
 * The rows of the library are measured on every runtime.
 *
 * @module
 */

import type { Bench, Finding } from "./row.ts";
import type { Runtime } from "./runtimes.ts";

/** The findings of all runtimes. What goes wrong on one leaves the figures of the other. */
export async function onEach(
  { runtimes }: Bench,
  measure: (runtime: Runtime) => Promise<Finding[]>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const runtime of runtimes) {
    try {
      const found = await measure(runtime);
      findings.push(
        ...found.map((finding) => ({ ...finding, measure: `${runtime.name}: ${finding.measure}` })),
      );
    } catch (error) {
      const missing = `not measured: ${(error as Error).message}`;
      findings.push({ measure: runtime.name, missing, broke: true });
    }
  }
  if (runtimes.length === 1) {
    findings.push({ measure: "Node", missing: "not measured: npm could not give it" });
  }
  return findings;
}
