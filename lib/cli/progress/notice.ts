/**
 * What polyloop says of a run beside its figures, one line each: for people, or as objects for programs.
 *
 * @module
 */

/** `polyloop: stopping`, or with `json` `{"type":"notice","message":"stopping"}`. */
export function notice(message: string, { json }: { json: boolean }): string {
  return json ? JSON.stringify({ type: "notice", message }) : `polyloop: ${message}`;
}
