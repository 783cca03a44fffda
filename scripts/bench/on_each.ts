/** Measures a row on every runtime. */

import type { Bench, Finding } from "./row.ts";
import type { Runtime } from "./runtimes.ts";

/** Returns the findings of all runtimes. If one runtime fails, the figures of the others are kept. */
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
    findings.push({ measure: "Node", missing: "not measured: npm could not fetch it" });
  }
  return findings;
}
