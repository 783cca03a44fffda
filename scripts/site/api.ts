/** The pages of the library's API, which `deno doc` makes of the doc comments, as a part of the site. */

import { dirname, relative } from "node:path/posix";
import deno from "../../deno.json" with { type: "json" };
import { filesIn } from "../npm/folders.ts";
import { capture, ROOT } from "../npm/package.ts";

/** The start of the list of links at the top of a page. */
const TOP = '<ul class="breadcrumbs">';

/** A link to a folder above, up to its closing quote. */
const FOLDER_LINK = /(href="(?:\.\.?(?:\/|&#x2F;))+)"/g;

/** How a page says from where its symbol is imported: by the name of the entry's file. */
const IMPORT = /(?<= from &quot;)(\.|distributed|worker)(?=&quot;)/g;

/** For phones, the pages are otherwise as wide as the longest line of an example. */
const STYLE = `
.ddoc > div, #content, #content article { min-width: 0; }
.to-guide { margin-right: 1rem; }
@media (max-width: 54rem) {
  #topnav, #topnav > div { height: auto; flex-wrap: wrap; }
  #content code { overflow-wrap: anywhere; }
}
`;

/** Writes the pages to a folder of the site. */
export async function writeApi(folder: string): Promise<void> {
  const options = ["doc", "--quiet", "--html", "--name=polyloop", `--output=${folder}`];
  await capture(Deno.execPath(), [...options, ...Object.values(deno.exports)], { cwd: ROOT });
  await Deno.writeTextFile(`${folder}/page.css`, STYLE, { append: true });
  for (const file of (await filesIn(folder)).filter((file) => file.endsWith(".html"))) {
    const page = await Deno.readTextFile(`${folder}/${file}`);
    await Deno.writeTextFile(`${folder}/${file}`, finished(page, relative(dirname(file), "../index.html")));
  }
}

/** Adds a link to the guide, names the package in imports, and makes links to folders work without a server. */
function finished(page: string, guide: string): string {
  return page
    .replace(TOP, `<a href="${guide}" class="to-guide contextLink">Guide</a>${TOP}`)
    .replace(FOLDER_LINK, '$1index.html"')
    .replace(IMPORT, (entry) => entry === "." ? deno.name : `${deno.name}/${entry}`);
}
