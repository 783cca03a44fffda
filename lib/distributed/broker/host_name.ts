/** The name of this process for other machines. */

import { hostname } from "node:os";
import process from "node:process";

/** Returns `host:pid`. */
export function hostName(): string {
  return `${hostname().slice(0, 100)}:${process.pid}`;
}
