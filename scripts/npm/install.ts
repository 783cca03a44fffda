/** Installs the package in an empty folder, as a user would, together with the Node that runs it. */

import { peerVersions } from "../bundle/peers.ts";
import { capture, ROOT } from "./package.ts";

const NODE = "node@24.21.0";
const TYPESCRIPT = "typescript@7.0.2";
/** Older compilers whose messages are also checked: the installed name and the version. */
const OLDER = { "typescript-5.2": "5.2.2", "typescript-5.9": "5.9.3" };
const NODE_TYPES = "@types/node@24.19.2";

/** The folder with the installed package. */
export interface Installed {
  folder: string;
  /** The environment of programs in that folder. The folder's own Node comes first in PATH. */
  env: Record<string, string>;
}

/** Installs the tarball, the packages that only a broker needs, and tools. Throws if npm is missing or a download fails. */
export async function install(tarball: string, folder: string): Promise<Installed> {
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
  const options = ["--no-audit", "--no-fund", "--loglevel=error"];
  const older = Object.entries(OLDER).map(([name, version]) => `${name}@npm:typescript@${version}`);
  const peers = Object.entries(await peerVersions(new URL(`file://${ROOT}`)))
    .map(([name, version]) => `${name}@${version}`);
  await capture("npm", ["install", ...options, NODE, TYPESCRIPT, ...older, NODE_TYPES, ...peers, tarball], {
    cwd: folder,
  });
  return { folder, env: { PATH: `${folder}/node_modules/.bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" } };
}
