/**
 * Bundles the command line with its packages: one file for what every run needs, and further files for the rest, such as the
 * broker, the journal, reports and the entries of workers. They lie as in the source, so that `lib/wire/own_file.ts` finds the
 * entries.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type OutputChunk, type Plugin, rolldown } from "rolldown";
import { COMMAND_ENTRIES, type Product } from "./entries.ts";
import { CHECKS_ENTRY, isZod, libraryChecks, ZOD } from "./library_checks.ts";
import { lightNode } from "./light_node.ts";
import { licenses } from "./licenses.ts";
import { OUTPUT_OPTIONS } from "./output_options.ts";
import { packages, plainLexer } from "./packages.ts";
import { loadPeers } from "./peers.ts";
import { slashed } from "./slashed.ts";

const ROOT = new URL("../../", import.meta.url);

/** The folder of what several files share. It is as deep as `lib/wire/`, because URLs are made relative to both. */
const SHARED = "lib/shared";

/** The name of the file with the licences of the packages. */
export const LICENSES = "THIRD_PARTY_LICENSES.txt";

/** Writes the bundle, with `more` entries, to a folder. Returns the paths of its files. */
export async function writeBundle(out: string, product: Product, more: string[] = []): Promise<string[]> {
  const input = Object.fromEntries(
    [...COMMAND_ENTRIES[product], ...more].map((entry) => [
      entry,
      fileURLToPath(new URL(`${entry}.ts`, ROOT)),
    ]),
  );
  const graph = new Map<string, string[]>();
  if (product === "npm") Object.assign(input, CHECKS_ENTRY);
  const plugins = [
    ownWorker(),
    packages(),
    plainLexer(),
    noteImports(graph),
    ...(product === "npm" ? [loadPeers(), libraryChecks()] : [lightNode()]),
  ];
  const bundle = await rolldown({
    input,
    platform: "node",
    plugins,
    // `session.ts` is a file of its own only in the source.
    checks: { ineffectiveDynamicImport: false },
    external: product === "npm" ? ["bullmq", "ioredis"] : [],
    preserveEntrySignatures: "allow-extension",
    // A package that is only partly used loses the rest, as long as evaluating it changes nothing.
    treeshake: true,
  });
  await bundle.generate();
  const partOf = parts(graph, new Set(Object.values(input)));
  const { output } = await bundle.generate({
    ...OUTPUT_OPTIONS,
    chunkFileNames: `${SHARED}/[name].js`,
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ debugName: "parts", name: partOf }] },
  });
  await bundle.close();
  const files = new Map<string, string>();
  for (const chunk of output) {
    if (chunk.type !== "chunk") throw new Error(`${chunk.fileName} is no module`);
    checkPlace(chunk);
    files.set(chunk.fileName, isRuntime(chunk) ? withRequire(chunk.code) : withLazyImports(chunk));
  }
  files.set(
    LICENSES,
    await licenses(output.flatMap((chunk) => chunk.type === "chunk" ? chunk.moduleIds : [])),
  );
  for (const [path, text] of files) {
    const target = `${out}/${path}`;
    await mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await writeFile(target, text);
  }
  return [...files.keys()];
}

/** Notes the static imports of each module. */
function noteImports(graph: Map<string, string[]>): Plugin {
  return {
    name: "note-imports",
    moduleParsed: ({ id, importedIds }) => void graph.set(id, importedIds),
  };
}

/**
 * Puts what the most common command loads into few files: a module that only one of its steps needs is not loaded by others. All
 * else stays as the bundler splits it.
 */
function parts(graph: Map<string, string[]>, entries: Set<string>): (id: string) => string | null {
  const reached = (...paths: string[]) => {
    const all = new Set(paths.map((path) => fileURLToPath(new URL(path, ROOT))));
    for (const id of all) for (const imported of graph.get(id) ?? []) all.add(imported);
    return all;
  };
  const main = reached("cli.ts");
  const worker = reached("lib/worker/entries/web.ts");
  const start = reached("lib/cli/main.ts");
  const run = reached("lib/cli/commands/run.ts", "lib/cli/run/session.ts", "lib/cli/task/eval_module.ts");
  return (id) => {
    // An entry starts something as soon as it is loaded.
    if (entries.has(id)) return null;
    if (isZod(id)) return ZOD;
    if (main.has(id)) return "main";
    if (worker.has(id)) return start.has(id) || run.has(id) ? "wire" : "worker";
    return start.has(id) ? "start" : run.has(id) ? "run" : null;
  };
}

/** The URL of the worker is a literal, for bundlers of users: names the file that the bundle has. */
function ownWorker(): Plugin {
  return {
    name: "own-worker",
    transform(code, id) {
      if (!slashed(id).endsWith("/lib/backends/web_worker.ts")) return null;
      const changed = code.replace('"../worker/entries/web.ts"', '"../worker/entries/web.js"');
      if (changed === code) throw new Error(`${id} names no worker: nothing to put right`);
      return changed;
    },
  };
}

/** `own_file.ts` takes the folder above its own for `lib/`. */
function checkPlace({ fileName, moduleIds }: OutputChunk): void {
  const makesUrls = moduleIds.some((id) =>
    /\/lib\/(wire\/own_file|backends\/web_worker)\.ts$/.test(slashed(id))
  );
  if (!makesUrls || fileName.split("/").length === 3) return;
  throw new Error(`${fileName} makes URLs of files under lib/, but does not lie in a folder of lib/`);
}

/** Whether the file has the bundler's own functions, one of which requires modules of Node for packages. */
function isRuntime({ moduleIds }: OutputChunk): boolean {
  return moduleIds.some((id) => id.includes("rolldown/runtime"));
}

/** Any place does for `createRequire`, because only modules of Node are required. It takes no place on a web server. */
function withRequire(code: string): string {
  return code.replace(
    /(?<=\w)\(import\.meta\.url\)/,
    '(import.meta.url.startsWith("file:")?import.meta.url:"file:///C:/")',
  );
}

/**
 * Hides the names in `import()` from Deno, which reads every file behind a literal before it runs anything, and over the network
 * fetches it.
 */
function withLazyImports({ code, dynamicImports, fileName }: OutputChunk): string {
  let found = 0;
  const lazy = code.replace(/\bimport\(([`"'])(\.{1,2}\/[\w./-]+\.js)\1\)/g, (_, _quote, path) => {
    found++;
    return `import(String("${path}"))`;
  });
  const own = new Set(dynamicImports.filter((name) => name.endsWith(".js")));
  if (found >= own.size) return lazy;
  throw new Error(`${fileName} has imports that are not seen: ${dynamicImports.join(", ")}`);
}
