/**
 * Checks whether the runtime is new enough. It is loaded first, so this file uses only syntax that old runtimes know.
 *
 * @module
 */

/** The first versions that have what is used here: Web Locks (Deno), running TypeScript (Node), node:sqlite (Bun). */
const NEEDED = { Deno: [2, 9], Node: [22, 18], Bun: [1, 4] };

/** The parts of the runtimes that matter here. */
interface Runtimes {
  Deno?: { version: { deno: string } };
  Bun?: { version: string };
  process?: { versions?: { node?: string } };
}

/** Says which version is needed; nothing where this one will do. */
export function tooOld(): string | undefined {
  const running = runtime(globalThis as unknown as Runtimes);
  if (running === undefined) return undefined;
  const [name, version] = running;
  const [major, minor] = version.split(".").map(Number);
  const [needed, part] = NEEDED[name];
  if (major > needed || (major === needed && minor >= part)) return undefined;
  return "polyloop needs " + name + " " + needed + "." + part + " or newer, and this is " + name + " " +
    version;
}

/** Nothing in a browser, or where a runtime of another name does not say its version. */
function runtime(runtimes: Runtimes): [name: keyof typeof NEEDED, version: string] | undefined {
  // First, because Deno and Bun have a `process`, too, which Deno would have to load.
  if (runtimes.Deno) return ["Deno", runtimes.Deno.version.deno];
  if (runtimes.Bun) return ["Bun", runtimes.Bun.version];
  const process = runtimes.process;
  const node = process && process.versions && process.versions.node;
  return node ? ["Node", node] : undefined;
}
