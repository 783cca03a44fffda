/** The names of processes for other machines. */

import { hostname } from "node:os";
import process from "node:process";

/** The name of a process of this machine, of this one by default: `host:pid`. */
export function hostName(pid: number = process.pid): string {
  return `${hostname().slice(0, 100)}:${pid}`;
}
