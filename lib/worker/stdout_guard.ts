/**
 * Redirects to stderr what a Node thread writes to file descriptor 1, because stdout carries results. On Deno, the main
 * thread does this for all threads (`cli/stdio/take_on_deno.ts`).
 */

/** The functions of `node:fs` whose first argument is or may be a file descriptor. */
const NAMES = [
  "write",
  "writeSync",
  "writev",
  "writevSync",
  "writeFile",
  "writeFileSync",
  "appendFile",
  "appendFileSync",
];

type Files = Record<string, (fd: unknown, ...rest: unknown[]) => unknown>;

/** The part of Node that is used here. */
interface NodeLike {
  getBuiltinModule(name: "node:fs"): Files;
  getBuiltinModule(name: "node:module"): { syncBuiltinESMExports(): void };
}

/** In this realm, sends to stderr what would be written to file descriptor 1. */
export function guardStdout(process: NodeLike): void {
  const files = process.getBuiltinModule("node:fs");
  for (const name of NAMES) {
    const original = files[name];
    files[name] = (fd, ...rest) => original(fd === 1 ? 2 : fd, ...rest);
  }
  // Updates `import { writeSync } from "node:fs"`, too.
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
}
