/**
 * Redirects to stderr what a Node thread writes to stdout by its descriptor number, because stdout carries results. On
 * Deno, the main thread does this for all threads (`cli/stdio/take_on_deno.ts`).
 *
 * @module
 */

/** The functions of `node:fs` whose first argument is a descriptor, or may be one. */
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

/** The parts of Node that matter here. */
interface NodeLike {
  getBuiltinModule(name: "node:fs"): Files;
  getBuiltinModule(name: "node:module"): { syncBuiltinESMExports(): void };
}

/** Sends to stderr what this realm would write to stdout by its number. */
export function guardStdout(process: NodeLike): void {
  const files = process.getBuiltinModule("node:fs");
  for (const name of NAMES) {
    const original = files[name];
    files[name] = (fd, ...rest) => original(fd === 1 ? 2 : fd, ...rest);
  }
  // So that `import { writeSync } from "node:fs"` has it too.
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
}
