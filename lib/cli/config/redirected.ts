/**
 * Tells whether stdin is a pipe or a file that may carry inputs.
 *
 * @module
 */

import { statOf } from "../stdio/stdio.ts";

/**
 * Whether stdin is a pipe, a file or a socket. False for a terminal, `/dev/null` (as under cron) and a closed stdin.
 */
export function isRedirected(): boolean {
  try {
    const stdin = statOf(0);
    return stdin.isFIFO() || stdin.isFile() || stdin.isSocket();
  } catch {
    return false;
  }
}
