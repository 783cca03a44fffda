/** How a user goes on with a run. */

/** What the user types to go on; `input` is that of the run, which has to be given again if it was stdin. */
export function resumeCommand(
  path: string,
  { input = "-", flag }: { input?: unknown; flag?: string },
): string {
  const quoted = /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return ["polyloop resume", quoted, flag, input === "-" ? "< FILE" : undefined].filter(Boolean).join(" ");
}
