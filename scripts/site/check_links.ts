/**
 * Finds links between the pages of a folder that lead nowhere.
 */

import { dirname, join } from "node:path/posix";
import { filesIn } from "../npm/folders.ts";

/** Returns a line for each link whose page or part is missing. Pages of the API, which `deno doc` makes, are only looked for. */
export async function brokenLinks(folder: string): Promise<string[]> {
  const pages = new Map<string, string>();
  for (const path of await filesIn(folder)) {
    pages.set(path, path.endsWith(".html") ? await Deno.readTextFile(`${folder}/${path}`) : "");
  }
  const broken: string[] = [];
  for (const [path, html] of pages) {
    if (path.startsWith("api/")) continue;
    for (const [, link] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^[a-z]+:/.test(link!)) continue;
      const [file = "", id] = link!.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      const page = pages.get(target);
      if (page === undefined) broken.push(`${path}: ${link} leads to no page`);
      else if (id && !page.includes(` id="${id}"`)) {
        broken.push(`${path}: ${link} leads to no part of ${target}`);
      }
    }
  }
  return broken;
}
