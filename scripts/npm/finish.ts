/**
 * Makes a package of what a builder wrote: package.json, the command, and the few places that no builder gets right.
 *
 * @module
 */

import { ENTRIES, EXPORTS, MANIFEST, ROOT } from "./package.ts";

/** `modules` is where in `out` the builder put the modules. */
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
    // The command and `./distributed` need them; what the library's other exports import, none of them does (checked in
    // check.ts).
    dependencies: { ...await packagesOf(`${ROOT}lib/cli`), ...await packagesOf(`${ROOT}lib/distributed`) },
  };
  await Deno.writeTextFile(`${out}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Its URL is a literal for the bundlers, so it has to name what is there. */
async function linkWebWorker(file: string): Promise<void> {
  if (await replace(file, '"../worker/entries/web.ts"', '"../worker/entries/web.js"')) return;
  throw new Error(`${file} names no worker: nothing to put right`);
}

/** The command knows its version from deno.json, which one builder turns into a module and the other forgets. */
async function keepVersion(main: string, file: string): Promise<void> {
  if (!(await Deno.readTextFile(main)).includes('deno.json"')) return;
  await Deno.writeTextFile(file, `${JSON.stringify({ version: MANIFEST.version })}\n`);
}

/**
 * The source of bin.js, which does what cli.ts does. cli.ts itself is not in the package: it asks whether it is the main
 * module, and the link in node_modules/.bin hides that; and it is the entry of compiled programs. bin.js has no static
 * import and no top-level await, so that a Node that is too old for the rest can still say so.
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

/** `npm:zod@1.2.3` in the source → the package at that very version. */
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

/** Whether there was something to replace. */
async function replace(file: string, what: string | RegExp, by: string): Promise<boolean> {
  const text = await Deno.readTextFile(file);
  const changed = text.replace(what, by);
  await Deno.writeTextFile(file, changed);
  return changed !== text;
}
