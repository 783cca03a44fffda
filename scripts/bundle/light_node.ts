/**
 * Replaces modules of Node in a bundle for Deno. Deno loads each of them from its source: `node:process`, `node:fs` and what they
 * load take 40 ms of CPU time, as long as a whole program with a worker. The light modules in `node/` have what every run needs,
 * and load the whole module once another function is called.
 *
 * @module
 */

import type { Plugin } from "rolldown";

/** Where the light modules are. */
const FOLDER = new URL("node/", import.meta.url);

/** The modules, and those of them that have a file in `node/`. */
const MODULES = ["process", "fs", "path", "url", "buffer", "util", "module", "child_process"];
const LIGHT = ["fs", "path", "url"];

/** The modules that get light ones. commander has a class of `node:events` as its base class. */
const USER = /\/(cli\.ts|lib\/fingerprint\.ts|lib\/cli\/.*\.ts|node_modules\/commander\/.*)$/;

/** The modules that use the bytes of a Buffer, and none of its methods. */
const USERS_OF_BYTES =
  /\/lib\/(fingerprint|cli\/(progress\/terminal|stdio\/take_on_deno|output\/text_writer|input\/files\/input_file|task\/eval_module))\.ts$/;

/** Prefix of the modules that are made here. */
const MADE = "\0light:";

/** Replaces the imports of the command line and of commander. */
export function lightNode(): Plugin {
  return {
    name: "light-node",
    resolveId(id, importer = "") {
      if (!id.startsWith("node:") || !USER.test(importer)) return null;
      const name = id.slice("node:".length);
      if (name === "process") return light("process.ts");
      if (name === "events") return importer.includes("/commander/") ? light("events.ts") : null;
      if (name === "buffer") return USERS_OF_BYTES.test(importer) ? light("buffer.ts") : null;
      return MODULES.includes(name) ? { id: MADE + name, moduleSideEffects: false } : null;
    },
    async load(id) {
      if (!id.startsWith(MADE)) return null;
      const name = id.slice(MADE.length);
      return await sourceOf(name, LIGHT.includes(name) ? new URL(`${name}.ts`, FOLDER).pathname : undefined);
    },
  };
}

/** Nothing happens when one of them is loaded, so that those that are not used are left out. */
function light(file: string) {
  return { id: new URL(file, FOLDER).pathname, moduleSideEffects: false };
}

/** The source of a module: what its light file has, and functions that call those of the whole module. */
async function sourceOf(name: string, file: string | undefined): Promise<string> {
  const own = file === undefined ? "" : await Deno.readTextFile(file);
  const names = new Set(Array.from(own.matchAll(/^export (?:function|const) (\w+)/gm), ([, name]) => name));
  const all: Record<string, unknown> = await import(`node:${name}`);
  const others = Object.keys(all).filter((key) =>
    /^[a-z]\w*$/.test(key) && key !== "default" && typeof all[key] === "function" && !names.has(key)
  );
  const whole = JSON.stringify(new URL("whole.ts", FOLDER).pathname);
  return [
    `import { whole } from ${whole};`,
    file === undefined ? "" : `export * from ${JSON.stringify(file)};`,
    ...others.map((key) => `export const ${key} = (...given) => whole("node:${name}").${key}(...given);`),
    `export default /* @__PURE__ */ new Proxy({}, { get: (_, key) => whole("node:${name}")[key] });`,
  ].join("\n");
}
