/** Formats a message of polyloop as one line: as text, or as a JSON object for programs. */

/** `polyloop: stopping`, or with `json` `{"type":"notice","message":"stopping"}`. */
export function notice(message: string, { json }: { json: boolean }): string {
  return json ? JSON.stringify({ type: "notice", message }) : `polyloop: ${message}`;
}
