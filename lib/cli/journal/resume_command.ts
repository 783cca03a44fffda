/** How a user goes on with a run. */

import { quoted } from "../quoted.ts";

/** What the user types to go on; `input` is that of the run, which has to be given again if it was stdin. */
export function resumeCommand(
  path: string,
  { input = "-", args, flag }: { input?: unknown; args?: unknown; flag?: string },
): string {
  const isStdin = args === undefined && [input].flat().includes("-");
  return ["polyloop resume", quoted(path), flag, isStdin ? "< FILE" : undefined].filter(Boolean).join(" ");
}
