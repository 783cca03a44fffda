/** Makes what users get: the bundle and the npm package. Each is made once, when the first row needs it. */

import { join } from "node:path";
import { run } from "./child.ts";
import { DENO, ROOT } from "./runtimes.ts";

const made = new Map<string, Promise<string>>();

/** Returns the path of the bundle's `cli.js`, in this folder. It is the command line that a URL and the binary have. */
export async function bundledCommand(folder: string): Promise<string> {
  const out = join(folder, "bundle");
  await once(out, () => script("bundle", "--out", out));
  return join(out, "cli.js");
}

/** Returns the path of the tarball of the npm package, in this folder. */
export async function tarball(folder: string): Promise<string> {
  const out = join(folder, "npm");
  const printed = await once(
    out,
    () => script("build_npm", "--no-check", "--out", out, "--tarballs", folder),
  );
  return /^\S+\.tgz/m.exec(printed)![0];
}

function once(path: string, make: () => Promise<string>): Promise<string> {
  const making = made.get(path) ?? make();
  made.set(path, making);
  return making;
}

/** Runs one of this repository's scripts. Returns what it prints. */
async function script(name: string, ...args: string[]): Promise<string> {
  return (await run(DENO.command(join(ROOT, `scripts/${name}.ts`), args))).stdout;
}
