/** The parts of a release. Each function makes one part in a folder, or returns why it cannot. */

import { capture, MANIFEST, REPOSITORY, ROOT } from "../npm/package.ts";
import { manifests } from "./manifests.ts";

/** Reasons why this cannot be released, in words. */
export type Problems = string[];

/** Runs one of this repository's programs. The user sees its output. */
async function runs(program: string, args: string[]): Promise<boolean> {
  const command = new Deno.Command(program, { args, cwd: ROOT, stdin: "null" });
  return (await command.spawn().status).success;
}

const script = (name: string, ...args: string[]) =>
  runs(Deno.execPath(), ["run", "-A", "--config", "deno.dev.json", `scripts/${name}.ts`, ...args]);

/** Runs all checks: format, lint, types, layers, doc examples, tests. */
export async function gate(): Promise<Problems> {
  return await runs(Deno.execPath(), ["task", "ok"]) ? [] : ["the gate failed: deno task ok"];
}

/**
 * Finds tracked files that state the version, besides deno.json, its changelog and its lock. They would be forgotten.
 */
export async function otherCopies(version: string): Promise<Problems> {
  const pattern = `"version": *"${version.replaceAll(".", "\\.")}"`;
  const found = await git("grep", "-l", "-E", pattern, "--", ":!deno.json", ":!deno.lock");
  return found.split("\n").filter(Boolean).map((file) =>
    `${file} states the version, which deno.json alone should`
  );
}

/** Checks that everything is committed, and that no other commit has the tag of this version. */
export async function commit(version: string): Promise<Problems> {
  const changed = (await git("status", "--porcelain")).split("\n").filter(Boolean);
  // The workflow of a release starts at the tag of this commit.
  const tagged = await git("rev-list", "-n", "1", `v${version}`);
  const isOfOther = tagged !== "" && tagged !== await git("rev-parse", "HEAD");
  return [
    ...(changed.length > 0 ? [`${changed.length} files are changed and not committed`] : []),
    ...(isOfOther ? [`the tag v${version} is there already: set another version in deno.json`] : []),
  ];
}

/** How thoroughly files are packed. A trial of the release is quick: its files are larger. */
export interface Packing {
  quick: boolean;
}

/** The command line for a web server: `cli.js` and the files that it loads. */
export async function bundle(folder: string, packing: Packing): Promise<Problems> {
  const made = `${folder}/bundle`;
  if (!await script("bundle", "--out", made)) return ["the bundle could not be made"];
  await pack(folder, "bundle", { as: "polyloop-bundle", ...packing });
  await Deno.remove(made, { recursive: true });
  return [];
}

/** One binary for each system, packed; where their runtimes cannot be had, that of this one. */
export async function binaries(folder: string, packing: Packing): Promise<Problems> {
  const known = Deno.env.has("DENORT_BIN");
  const all = !known && await script("compile", "--all", "--out", folder);
  const made = all || await script("compile", "--out", folder);
  if (!made) return ["no binary could be made"];
  if (!all) await Deno.rename(`${folder}/polyloop`, `${folder}/polyloop-${Deno.build.target}`);
  for (const { name } of Array.from(Deno.readDirSync(folder))) {
    if (name.endsWith(".sha256")) await Deno.remove(`${folder}/${name}`);
    else if (isBinary(name)) {
      await pack(folder, name, { as: name.replace(/\.exe$/, ""), ...packing });
      await Deno.remove(`${folder}/${name}`);
    }
  }
  if (all) return [];
  return [
    `binaries for ${Deno.build.target} alone: ${
      known ? "DENORT_BIN is its runtime" : "Deno cannot fetch others"
    }`,
  ];
}

const isBinary = (name: string) => /^polyloop-[\w-]+-(gnu|darwin|msvc\.exe)$/.test(name);

/**
 * Packs a file or folder as `.tar.xz`, which keeps it executable, or as `.zip` for Windows. Of a binary, level 6 of xz leaves 26 %,
 * level 3 27 % and level 0 29 %, in 80, 40 and 6 s of CPU time.
 *
 * @throws if `tar` and `xz`, or `zip`, are missing
 */
async function pack(folder: string, name: string, { as, quick }: Packing & { as: string }): Promise<void> {
  if (name.endsWith(".exe")) {
    await capture("zip", ["-q", quick ? "-1" : "-9", `${as}.zip`, name], { cwd: folder });
    return;
  }
  const env = { XZ_OPT: `-T0 -${quick ? 0 : 6}` };
  await capture("tar", ["-cJf", `${as}.tar.xz`, "--owner=0", "--group=0", name], { cwd: folder, env });
}

/**
 * Makes the npm tarball. Tries it on Node if `trial` is true.
 *
 * @throws if it cannot be made, or does not work as expected
 */
export async function tarball(folder: string, { trial }: { trial: boolean }): Promise<Problems> {
  const args = [
    "run",
    "-A",
    "--config",
    "deno.dev.json",
    "scripts/build_npm.ts",
    "--tarballs",
    folder,
    ...(trial ? [] : ["--no-check"]),
  ];
  const told = await capture(Deno.execPath(), args, { cwd: ROOT });
  console.log(told.trimEnd());
  return /instead of dnt/.test(told) ? ["the npm package is made by deno pack: dnt cannot be had here"] : [];
}

/** Checks the package for JSR, which `deno publish` makes of the source. Prints how many files it has. */
export async function jsrPackage({ quick }: Packing): Promise<Problems> {
  // Whether all is committed is checked before.
  const args = ["publish", "--dry-run", "--allow-dirty", ...(quick ? ["--no-check"] : [])];
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { success, stderr } = await command.output();
  const told = new TextDecoder().decode(stderr);
  if (!success) return [`deno publish --dry-run failed:\n${told.trimEnd().slice(-2_000)}`];
  const files = told.match(/^ +file:\S+ \([\d.]+\w+\)$/gm) ?? [];
  console.log(`${files.length} files`);
  return files.length > 0 ? [] : ["deno publish lists no file"];
}

/** A file of the release, its bytes and their SHA-256. */
export interface ReleasedFile {
  name: string;
  size: number;
  digest: string;
}

/** Writes SHA256SUMS for all files in the folder, in the format of `sha256sum --check`. Returns the list. */
export async function checksums(folder: string): Promise<ReleasedFile[]> {
  const files = Array.from(Deno.readDirSync(folder)).map(({ name }) => name)
    .filter((name) => !/\.sha256$|^SHA256SUMS$/.test(name)).sort();
  const list = await Promise.all(files.map(async (name) => {
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    return { name, size: bytes.length, digest };
  }));
  await Deno.writeTextFile(
    `${folder}/SHA256SUMS`,
    list.map(({ name, digest }) => `${digest}  ${name}\n`).join(""),
  );
  return list;
}

const NO_ADDRESS = "REPOSITORY does not name the repository's address";

/** The scripts that install the binary of a system. */
export async function installScripts(folder: string): Promise<Problems> {
  if (!REPOSITORY) return [`${NO_ADDRESS}, which install.sh and install.ps1 need`];
  for (const name of ["install.sh", "install.ps1"]) {
    const script = await Deno.readTextFile(`${ROOT}scripts/release/install/${name}`);
    await Deno.writeTextFile(`${folder}/${name}`, script.replace("@RELEASES@", `${REPOSITORY}/releases`));
  }
  return [];
}

/** The manifests for package managers, which go to repositories of their own. */
export async function packageManifests(folder: string, files: ReleasedFile[]): Promise<Problems> {
  if (!REPOSITORY) return [`${NO_ADDRESS}, which the manifests for package managers need`];
  const digests = new Map(files.map(({ name, digest }) => [name, digest]));
  if (!digests.has("polyloop-x86_64-pc-windows-msvc.zip")) {
    return ["the manifests for package managers need the binaries of all systems"];
  }
  await Deno.mkdir(`${folder}/manifests`);
  const { version, description, license } = MANIFEST;
  for (const [name, text] of manifests({ version, description, license, repository: REPOSITORY, digests })) {
    await Deno.writeTextFile(`${folder}/manifests/${name}`, text);
  }
  return [];
}

/** Returns the output of git; an empty text if it fails, as `git grep` does if it finds nothing. */
async function git(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("git", { args, cwd: ROOT, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}
