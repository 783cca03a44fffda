/** How a user goes on with a run. */

import { isDescriptor, isStdin } from "../input/files/once_only.ts";
import { quoted } from "../quoted.ts";

/** What the user types to go on; `input` is that of the run, which has to be given again if it was stdin or `<(…)`. */
export function resumeCommand(
  path: string,
  { input = "-", args, flag }: { input?: unknown; args?: unknown; flag?: string },
): string {
  const inputs = args === undefined ? [input].flat() : [];
  const again = inputs.some(isDescriptor) ? "-i FILE" : inputs.some(isStdin) ? "< FILE" : undefined;
  return ["polyloop resume", quoted(path), flag, again].filter(Boolean).join(" ");
}
