/** How this process is called on other machines. */

import { hostname } from "node:os";
import process from "node:process";

/** `host:pid`. */
export function hostName(): string {
  return `${hostname().slice(0, 100)}:${process.pid}`;
}
