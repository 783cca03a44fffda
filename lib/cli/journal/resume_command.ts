/** The command that resumes a run, for messages. */

import { isDescriptor, isStdin } from "../input/files/once_only.ts";
import { quoted } from "../progress/quoted.ts";

/**
 * `polyloop resume JOURNAL`, with a flag if one is given. An input that was stdin or `<(…)` has to be given again.
 *
 * @param options `input` and `args` as the run's flags have them
 */
export function resumeCommand(
  path: string,
  { input = "-", args, flag }: { input?: unknown; args?: unknown; flag?: string },
): string {
  const inputs = args === undefined ? [input].flat() : [];
  const again = inputs.some(isDescriptor) ? "-i FILE" : inputs.some(isStdin) ? "< FILE" : undefined;
  return ["polyloop resume", quoted(path), flag, again].filter(Boolean).join(" ");
}
