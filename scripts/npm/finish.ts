/**
 * Completes the output of a builder: adds package.json and the command, and corrects a few places that every builder
 * gets wrong.
 */

import { minify } from "rolldown/utils";
import { writeBundle } from "../bundle/bundle.ts";
import { LIBRARY_ENTRIES } from "../bundle/entries.ts";
import { PEERS_MODULE, peersSource, peerVersions } from "../bundle/peers.ts";
import { moveChecks } from "../bundle/library_checks.ts";
import { dropOtherDeclarations } from "./declarations.ts";
import { withAbsoluteLinks } from "./absolute_links.ts";
import { COMMAND, EXPORTS, MANIFEST, REPOSITORY, ROOT } from "./package.ts";
import { bundleWorkerEntries } from "./worker_entries.ts";

/** Later versions of peers with which all tests pass, so that a program that has them gets no second copy. */
const ALSO: Record<string, string[]> = { ioredis: ["^6.0.0"] };

/** Completes the package in a folder that has the modules. */
export async function finish(out: string): Promise<void> {
  for (const path of [...Object.values(EXPORTS), ...LIBRARY_ENTRIES]) {
    await Deno.stat(`${out}/${path}.js`);
  }
  await bundleWorkerEntries(out);
  await linkWebWorker(`${out}/lib/backends/web_worker.js`);
  await shorten(`${out}/lib`);
  await dropOtherDeclarations(out, Object.values(EXPORTS));
  await writeBundle(`${out}/${COMMAND}`, "npm");
  const root = new URL(`file://${ROOT}`);
  await Deno.writeTextFile(`${out}/${PEERS_MODULE}.js`, await peersSource(root));
  await moveChecks(out, COMMAND);
  await Deno.writeTextFile(
    `${out}/bin.js`,
    binary(`./${COMMAND}/lib/cli/main.js`, "./lib/wire/runtime_version.js"),
  );
  await Deno.chmod(`${out}/bin.js`, 0o755);
  for (const name of ["README.md", "LICENSE"]) {
    const page = await Deno.readTextFile(`${ROOT}${name}`);
    await Deno.writeTextFile(
      `${out}/${name}`,
      REPOSITORY ? withAbsoluteLinks(page, REPOSITORY, `v${MANIFEST.version}`) : page,
    );
  }
  const peers = await peerVersions(root);
  const manifest = {
    ...MANIFEST,
    bin: { polyloop: "./bin.js" },
    main: "./mod.js",
    types: "./mod.d.ts",
    exports: {
      ...Object.fromEntries(
        Object.entries(EXPORTS).map(([name, path]) => {
          return [name, { types: `./${path}.d.ts`, default: `./${path}.js` }];
        }),
      ),
      "./package.json": "./package.json",
    },
    // Only `./distributed` and the command over a broker need them.
    peerDependencies: Object.fromEntries(
      Object.entries(peers).map((
        [name, version],
      ) => [name, [`^${version}`, ...ALSO[name] ?? []].join(" || ")]),
    ),
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }])),
  };
  await Deno.writeTextFile(`${out}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The URL of the worker is a literal, for bundlers. This makes it name the file in the package. */
async function linkWebWorker(file: string): Promise<void> {
  if (await replace(file, '"../worker/entries/web.ts"', '"../worker/entries/web.js"')) return;
  throw new Error(`${file} names no worker: nothing to put right`);
}

/**
 * Removes the comments from the JavaScript of a folder and shortens the names of variables: a quarter of the package. The types next to it
 * have the comments for users. Names of functions and classes, and lines, stay, because stacks show them.
 */
async function shorten(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await shorten(path);
    if (!name.endsWith(".js")) continue;
    const source = await Deno.readTextFile(path);
    // A comment that bundlers read.
    if (source.includes("@vite-ignore")) continue;
    const mangle = { keepNames: { function: true, class: true } };
    const options = { module: true, compress: false, mangle, codegen: { removeWhitespace: false } };
    const { code, errors } = await minify(path, source, options);
    if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0].message}`);
    await Deno.writeTextFile(path, code);
  }
}

/**
 * Returns the source of bin.js, which does the work of cli.ts. cli.ts itself is not in the package, for two reasons: it
 * checks whether it is the main module, which the link in node_modules/.bin hides, and it is the entry of compiled
 * programs. bin.js has no static import and no top-level await, so that a Node that is too old can still report it.
 */
function binary(main: string, version: string): string {
  return `#!/usr/bin/env node
import(${JSON.stringify(version)}).then(({ tooOld }) => {
  const reason = tooOld();
  if (reason !== undefined) {
    console.error(reason);
    process.exit(2);
  }
  return import(${JSON.stringify(main)});
}).then(({ main }) => main(process.argv.slice(2))).then((code) => {
  // Explicit, as in cli.ts.
  process.exit(code);
});
`;
}

/** Replaces text in a file. Returns whether the text was found. */
async function replace(file: string, what: string | RegExp, by: string): Promise<boolean> {
  const text = await Deno.readTextFile(file);
  const changed = text.replace(what, by);
  await Deno.writeTextFile(file, changed);
  return changed !== text;
}
