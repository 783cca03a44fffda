/**
 * What a release consists of: each function makes one part in a folder, or says why it cannot be had.
 *
 * @module
 */

import { capture, ROOT } from "../npm/package.ts";

/** Things that keep a release from being one, in words. */
export type Problems = string[];

/** Runs one of this repo's programs, whose output the user sees. */
async function runs(program: string, args: string[]): Promise<boolean> {
  const command = new Deno.Command(program, { args, cwd: ROOT, stdin: "null" });
  return (await command.spawn().status).success;
}

const script = (name: string, ...args: string[]) =>
  runs(Deno.execPath(), ["run", "-A", `scripts/${name}.ts`, ...args]);

/** Format, lint, types, layers, doc examples, tests. */
export async function gate(): Promise<Problems> {
  return await runs(Deno.execPath(), ["task", "ok"]) ? [] : ["the gate failed: deno task ok"];
}

/** Anything tracked beside deno.json, its changelog and its lock that states the version would be forgotten. */
export async function otherCopies(version: string): Promise<Problems> {
  const pattern = `"version": *"${version.replaceAll(".", "\\.")}"`;
  const found = await git("grep", "-l", "-E", pattern, "--", ":!deno.json", ":!deno.lock");
  return found.split("\n").filter(Boolean).map((file) =>
    `${file} states the version, which deno.json alone should`
  );
}

/** Whether what is released is what is committed, and new. */
export async function commit(version: string): Promise<Problems> {
  const changed = (await git("status", "--porcelain")).split("\n").filter(Boolean);
  const tag = await git("tag", "--list", `v${version}`);
  return [
    ...(changed.length > 0 ? [`${changed.length} files are changed and not committed`] : []),
    ...(tag ? [`the tag v${version} is there already: set another version in deno.json`] : []),
  ];
}

/** One binary for each system; where their runtimes cannot be had, that of this one. */
export async function binaries(folder: string): Promise<Problems> {
  const known = Deno.env.has("DENORT_BIN");
  if (!known && await script("compile", "--all", "--out", folder)) return [];
  const made = await script("compile", "--out", folder);
  if (!made) return ["no binary could be made"];
  return [
    `binaries for ${Deno.build.target} alone: ${
      known ? "DENORT_BIN is its runtime" : "Deno cannot fetch others"
    }`,
  ];
}

/**
 * The npm tarball, tried on Node unless it is not to be.
 *
 * @throws if it cannot be made, or does not do what it should
 */
export async function tarball(folder: string, { trial }: { trial: boolean }): Promise<Problems> {
  const args = ["run", "-A", "scripts/build_npm.ts", "--tarballs", folder, ...(trial ? [] : ["--no-check"])];
  const told = await capture(Deno.execPath(), args, { cwd: ROOT });
  console.log(told.trimEnd());
  return /instead of dnt/.test(told) ? ["the npm package is made by deno pack: dnt cannot be had here"] : [];
}

/** Writes SHA256SUMS of all that is in the folder, as `sha256sum --check` reads it; returns what it lists. */
export async function checksums(folder: string): Promise<{ name: string; size: number; digest: string }[]> {
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

/** What git prints; nothing where it fails, as `git grep` does that finds nothing. */
async function git(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("git", { args, cwd: ROOT, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}
