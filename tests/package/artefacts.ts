/**
 * The table of what users get, each built or served as they get it. One that needs a tool which is not to be had here
 * is left out, and says so.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { install, type Installed } from "../../scripts/npm/install.ts";
import { type Command, FROM_SOURCE, ROOT } from "../cli/polyloop.ts";
import { type Ended, start } from "../program.ts";
// It starts to fetch them at once, and nobody waits for it here.
import "./node_versions.ts";

/** A way in which users get polyloop. */
export interface Artefact {
  name: "the source" | "the URL" | "the binary" | "the npm package" | "the npm package on Bun";
  /** What starts its command line. */
  command: Command;
  env?: Record<string, string>;
  runtime: "Deno" | "Node" | "Bun";
  /** Whether threads can have permissions of their own. */
  restrictsThreads: boolean;
}

/** Where it is all built; nothing of the repo is above it. */
export const HOME = mkdtempSync(join(tmpdir(), "polyloop-package-"));

/** How a script runs that needs packages of ours. */
export const WITH_TOOLS = ["run", "-A", "--config", "deno.dev.json"];

/** How programs say that something cannot be fetched. */
export const FAILED_TO_FETCH =
  /error sending request|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|network|NotFound|ENOENT/;

/** The paths that the host was asked for. */
export const requests: string[] = [];

/** The host of the URL: it serves the repo as a plain one does, by a type that says nothing, and the bundle in a folder. */
const server = createServer((request, response) => {
  const path = new URL(request.url!, "http://host/").pathname;
  requests.push(path);
  try {
    const file = readFileSync(path.startsWith("/bundle/") ? join(HOME, path) : join(ROOT, path));
    response.setHeader("content-type", "text/plain; charset=utf-8").end(file);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

/** Where the repo is served. */
export const HOST = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** A cache of its own for Deno, which is empty at first. */
export const EMPTY_CACHE = { DENO_DIR: join(HOME, "deno") };

/** The package where it is installed; none where it cannot be. */
export let installed: Installed | undefined;

/** The package as it is published; none where it cannot be made. */
export let tarball: string | undefined;

const BUN = "bun@1.4.5";

/** Where Bun is; none where it cannot be had. */
export let bunPath: string | undefined;

const source: Artefact = {
  name: "the source",
  command: FROM_SOURCE,
  runtime: "Deno",
  restrictsThreads: true,
};

/** Everything that can be had here. */
export const ARTEFACTS: Artefact[] = [
  source,
  ...(await Promise.all([url(), binary(), npm()])).flat().filter((made) => made !== undefined),
];

/** Deletes everything. */
export function cleanUp(): void {
  server.closeAllConnections();
  server.close();
  rmSync(HOME, { recursive: true, force: true });
}

async function url(): Promise<Artefact | undefined> {
  const made = await start(process.execPath, [
    ...WITH_TOOLS,
    "scripts/bundle.ts",
    "--out",
    join(HOME, "bundle"),
  ]);
  if (made.code !== 0) throw new Error(`the bundle was not made:\n${made.out}${made.err}`);
  const command: Command = [process.execPath, "run", "-A", "--quiet", `${HOST}/bundle/cli.js`];
  return { name: "the URL", command, env: EMPTY_CACHE, runtime: "Deno", restrictsThreads: false };
}

async function binary(): Promise<Artefact | undefined> {
  const out = join(HOME, "binary");
  const made = await start(process.execPath, [...WITH_TOOLS, "scripts/compile.ts", "--out", out]);
  if (made.code !== 0) return missing("the binary", "the runtime for it (see DENORT_BIN)", made);
  return {
    name: "the binary",
    command: [join(out, "polyloop")],
    runtime: "Deno",
    restrictsThreads: true,
  };
}

async function npm(): Promise<(Artefact | undefined)[]> {
  const folder = join(HOME, "node");
  const out = ["--out", join(HOME, "npm"), "--tarballs", HOME];
  const made = await start(process.execPath, [...WITH_TOOLS, "scripts/build_npm.ts", "--no-check", ...out]);
  if (made.code !== 0) return [missing("the npm package", "npm", made)];
  if (/instead of dnt/.test(made.out)) console.warn(`the npm package is not the one by dnt: ${made.out}`);
  mkdirSync(folder);
  try {
    tarball = /^\S+\.tgz/m.exec(made.out)![0];
    installed = await install(tarball, folder);
  } catch (error) {
    return [missing("the npm package", "Node from npm", { code: null, out: "", err: String(error) })];
  }
  const bin = join(folder, "node_modules", ".bin", "polyloop");
  return [{
    name: "the npm package",
    command: [bin],
    env: installed.env,
    runtime: "Node",
    restrictsThreads: false,
  }, await bun(bin)];
}

/** The same package, on another runtime. */
async function bun(bin: string): Promise<Artefact | undefined> {
  const folder = join(HOME, "bun");
  mkdirSync(folder);
  const made = await start("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, BUN]);
  const path = join(folder, "node_modules", ".bin", "bun");
  const version = await start(path, ["--version"]).catch((error) => ({
    code: null,
    out: "",
    err: `${error}`,
  }));
  if (version.code !== 0) {
    return missing("the npm package on Bun", BUN, { ...version, err: made.err + version.err });
  }
  bunPath = path;
  return {
    name: "the npm package on Bun",
    // Else its first line would have it run by Node.
    command: [path, "--bun", bin],
    runtime: "Bun",
    restrictsThreads: false,
  };
}

/** Says what is not tested, and why. Throws if it is not for want of something to be fetched. */
function missing(name: Artefact["name"], tool: string, { out, err }: Ended): undefined {
  if (!FAILED_TO_FETCH.test(err)) throw new Error(`${name} was not made:\n${out}${err}`);
  console.warn(`${name} is not tested: ${tool} cannot be had here: ${err.trim().split("\n")[0]}`);
}
