/**
 * Completes the output of a builder: adds package.json and the command, and corrects a few places that every builder
 * gets wrong.
 *
 * @module
 */

import { ENTRIES, EXPORTS, MANIFEST, ROOT } from "./package.ts";

/** Completes the package in `out`. `modules` is the folder in `out` that has the modules. */
export async function finish(out: string, modules: string): Promise<void> {
  const at = (path: string) => modules === "." ? `./${path}` : `./${modules}/${path}`;
  for (const path of [...Object.values(EXPORTS), ...ENTRIES]) await Deno.stat(`${out}/${at(path)}.js`);
  await linkWebWorker(`${out}/${at("lib/backends/web_worker.js")}`);
  await keepVersion(`${out}/${at("lib/cli/main.js")}`, `${out}/${at("deno.json")}`);
  await Deno.writeTextFile(`${out}/bin.js`, binary(at("lib/cli/main.js"), at("lib/wire/runtime_version.js")));
  await Deno.chmod(`${out}/bin.js`, 0o755);
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md"]) {
    await Deno.copyFile(`${ROOT}${name}`, `${out}/${name}`);
  }
  const manifest = {
    ...MANIFEST,
    bin: { polyloop: "./bin.js" },
    main: at("mod.js"),
    types: at("mod.d.ts"),
    exports: {
      ...Object.fromEntries(
        Object.entries(EXPORTS).map(([name, path]) => {
          return [name, { types: at(`${path}.d.ts`), default: at(`${path}.js`) }];
        }),
      ),
      "./package.json": "./package.json",
    },
    // Only the command and `./distributed` need them. check.ts tries the other exports without them.
    dependencies: { ...await packagesOf(`${ROOT}lib/cli`), ...await packagesOf(`${ROOT}lib/distributed`) },
  };
  await Deno.writeTextFile(`${out}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The URL of the worker is a literal, for bundlers. This makes it name the file in the package. */
async function linkWebWorker(file: string): Promise<void> {
  if (await replace(file, '"../worker/entries/web.ts"', '"../worker/entries/web.js"')) return;
  throw new Error(`${file} names no worker: nothing to put right`);
}

/** The command reads its version from deno.json. dnt turns that file into a module, and `deno pack` leaves it out. */
async function keepVersion(main: string, file: string): Promise<void> {
  if (!(await Deno.readTextFile(main)).includes('deno.json"')) return;
  await Deno.writeTextFile(file, `${JSON.stringify({ version: MANIFEST.version })}\n`);
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

/** Returns the packages that the source names as `npm:zod@1.2.3`, with exactly these versions. */
async function packagesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(found, await packagesOf(path));
    else {
      const source = await Deno.readTextFile(path);
      for (const [, name, version] of source.matchAll(/"npm:((?:@[^/"]+\/)?[^@"]+)@([^/"]+)(?:\/[^"]*)?"/g)) {
        found[name] = version;
      }
    }
  }
  return Object.fromEntries(Object.entries(found).sort());
}

/** Replaces text in a file. Returns whether the text was found. */
async function replace(file: string, what: string | RegExp, by: string): Promise<boolean> {
  const text = await Deno.readTextFile(file);
  const changed = text.replace(what, by);
  await Deno.writeTextFile(file, changed);
  return changed !== text;
}
