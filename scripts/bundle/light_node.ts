/**
 * Replaces modules of Node in a bundle for Deno. Deno loads each of them from its source: `node:process`, `node:fs` and what they
 * load take 40 ms of CPU time, as long as a whole program with a worker. `node/process.ts` and `node/fs.ts` have what every run
 * needs, and load the whole module once another function is called. Replacing `node:path`, `node:url`, `node:buffer` and
 * `node:events` as well would save 2 to 5 % of a run over one input.
 */

import type { Plugin } from "rolldown";

/** Where the light modules are. */
const FOLDER = new URL("node/", import.meta.url);

/** The modules of which every function loads the whole module, apart from the functions in `node/fs.ts`. */
const LAZY = ["fs", "util", "module", "child_process"];

/** The modules that get light ones. */
const USER = /\/(cli\.ts|lib\/fingerprint\.ts|lib\/cli\/.*\.ts|node_modules\/commander\/.*)$/;

/** Prefix of the modules that are made here. */
const MADE = "\0light:";

/** Replaces the imports of the command line and of commander. */
export function lightNode(): Plugin {
  return {
    name: "light-node",
    resolveId(id, importer = "") {
      if (!id.startsWith("node:") || !USER.test(importer)) return null;
      const name = id.slice("node:".length);
      // Nothing happens when one of them is loaded, so that those that are not used are left out.
      if (name === "process") return { id: pathOf("process.ts"), moduleSideEffects: false };
      return LAZY.includes(name) ? { id: MADE + name, moduleSideEffects: false } : null;
    },
    async load(id) {
      return id.startsWith(MADE) ? await sourceOf(id.slice(MADE.length)) : null;
    },
  };
}

/** Returns the source of a module: functions that call those of the whole module, and those of `node/fs.ts`. */
async function sourceOf(name: string): Promise<string> {
  const light: Record<string, unknown> = name === "fs" ? await import("./node/fs.ts") : {};
  const all: Record<string, unknown> = await import(`node:${name}`);
  const others = Object.keys(all).filter((key) =>
    /^[a-z]\w*$/.test(key) && key !== "default" && typeof all[key] === "function" && !(key in light)
  );
  return [
    `import { whole } from ${JSON.stringify(pathOf("whole.ts"))};`,
    name === "fs" ? `export * from ${JSON.stringify(pathOf("fs.ts"))};` : "",
    ...others.map((key) => `export const ${key} = (...given) => whole("node:${name}").${key}(...given);`),
    `export default /* @__PURE__ */ new Proxy({}, { get: (_, key) => whole("node:${name}")[key] });`,
  ].join("\n");
}

function pathOf(file: string): string {
  return new URL(file, FOLDER).pathname;
}
