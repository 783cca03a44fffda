/** Checks whether the runtime is new enough. This file is loaded first, so it uses only syntax that old runtimes can parse. */

/** The first version of each runtime with the needed features: Web Locks (Deno), running TypeScript (Node), node:sqlite (Bun). */
const NEEDED = { Deno: [2, 9], Node: [22, 18], Bun: [1, 4] };

/** The globals that tell the runtime's name and version. */
interface Runtimes {
  Deno?: { version: { deno: string } };
  Bun?: { version: string };
  process?: { versions?: { node?: string } };
}

/** Returns a message that names the needed version; undefined if this version is new enough. */
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

/** Returns the runtime and its version; undefined in a browser, or if the runtime does not report its version. */
function runtime(runtimes: Runtimes): [name: keyof typeof NEEDED, version: string] | undefined {
  // Deno and Bun come first, because they have a `process`, too. On Deno, reading it would load it.
  if (runtimes.Deno) return ["Deno", runtimes.Deno.version.deno];
  if (runtimes.Bun) return ["Bun", runtimes.Bun.version];
  const process = runtimes.process;
  const node = process && process.versions && process.versions.node;
  return node ? ["Node", node] : undefined;
}
