/** The licences of the packages that a bundle contains. All of them ask for that. */

import { readdir, readFile } from "node:fs/promises";
import { slashed } from "./slashed.ts";

/** The texts, by package. `modules` are the paths of all modules of the bundle. */
export async function licenses(modules: string[]): Promise<string> {
  const folders = new Set(
    modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(slashed(path))?.[0] ?? []),
  );
  const texts = await Promise.all([...folders].map(licenseOf));
  return `${texts.sort().join(`\n${"-".repeat(80)}\n\n`)}`;
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const file = (await readdir(folder)).find((name) => /^(licen[sc]e|copying)(\.(md|txt))?$/i.test(name));
  const text = file === undefined
    ? `The package has no text of it.`
    : await readFile(`${folder}/${file}`, "utf8");
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
