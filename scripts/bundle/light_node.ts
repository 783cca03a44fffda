/**
 * Replaces modules of Node in a bundle for Deno. Deno loads each of them from its source: `node:process` and `node:fs` with what
 * they load take 40 ms of CPU time, as long as a whole program with a worker, and `node:path`, `node:url`, `node:buffer` and
 * `node:events` take another 9 ms, and the global timers 6 ms. The files in `node/` have what every run needs, and load the whole
 * module once another function is called.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";
import { slashed } from "./slashed.ts";

/** Where the light modules are. */
const FOLDER = new URL("node/", import.meta.url);

/** The modules of which every function loads the whole module, apart from what has a file in `node/`. */
const LAZY = ["fs", "path", "url", "buffer", "events", "util", "module", "child_process"];

/** Those with a file in `node/`. */
const WITH_FILE = ["fs", "path", "url", "buffer", "events"];

/** The modules that get light ones. */
const USER = /\/(cli\.ts|lib\/fingerprint\.ts|lib\/cli\/.*\.ts|node_modules\/commander\/.*)$/;

/** A journal calls functions of `Buffer` for every input, and loads the whole of Node anyway. */
const CALLS_BUFFER = /\/lib\/cli\/journal\//;

/** The global timers, which Deno loads from its source, too. */
const TIMERS = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"];

/** The modules that get light timers. A worker's loop has its own. */
const TIMED = /\/lib\/(cli|executor|backends)\/.*\.ts$/;

/** Prefix of the modules that are made here. */
const MADE = "\0light:";

/** Replaces the imports of the command line and of commander. */
export function lightNode(): Plugin {
  return {
    name: "light-node",
    resolveId(id, importer = "") {
      if (!id.startsWith("node:") || !USER.test(slashed(importer))) return null;
      const name = id.slice("node:".length);
      // Nothing happens when one of them is loaded, so that those that are not used are left out.
      if (name === "buffer" && CALLS_BUFFER.test(slashed(importer))) return null;
      if (name === "process") return { id: pathOf("process.ts"), moduleSideEffects: false };
      return LAZY.includes(name) ? { id: MADE + name, moduleSideEffects: false } : null;
    },
    transform(code, id) {
      const used = TIMERS.filter((name) => new RegExp(`(?<![.\\w])${name}\\(`).test(code));
      if (used.length === 0 || !TIMED.test(slashed(id))) return null;
      return `import { ${used} } from ${JSON.stringify(pathOf("timers.ts"))}; ${code}`;
    },
    async load(id) {
      return id.startsWith(MADE) ? await sourceOf(id.slice(MADE.length)) : null;
    },
  };
}

/** Returns the source of a module: what its file has, and functions that call those of the whole module. */
async function sourceOf(name: string): Promise<string> {
  const hasFile = WITH_FILE.includes(name);
  const file = JSON.stringify(pathOf(`${name}.ts`));
  const light: Record<string, unknown> = hasFile ? await import(`./node/${name}.ts`) : {};
  const names = Object.keys(light);
  const all = process.getBuiltinModule(`node:${name}`) as unknown as Record<string, unknown>;
  const others = Object.keys(all).sort().filter((key) =>
    /^[a-z]\w*$/.test(key) && key !== "default" && typeof all[key] === "function" && !(key in light)
  );
  return [
    `import { whole } from ${JSON.stringify(pathOf("whole.ts"))};`,
    ...(hasFile ? [`import { ${names} } from ${file};`, `export { ${names} };`] : []),
    ...others.map((key) => `export const ${key} = (...given) => whole("node:${name}").${key}(...given);`),
    `const get = (light, key) => key in light ? light[key] : whole("node:${name}")[key];`,
    // No namespace: the bundler would need its own functions, which load `node:module`.
    `export default /* @__PURE__ */ new Proxy({ ${names} }, { get });`,
  ].join("\n");
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, FOLDER));
}
