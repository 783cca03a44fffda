/**
 * `deno task site`: makes the documentation in `dist/site`, from the pages of the repository, the table of flags, the topics of
 * `polyloop help` and the doc comments. The pages need no server: `dist/site/index.html` can be opened. Fails if a link between
 * pages leads nowhere.
 *
 *     deno task site [--out FOLDER]
 *
 * With `REPOSITORY=https://…/owner/name`, links to files that the site does not show lead to the repository. Without it, they are text.
 */

import { dirname, join, relative } from "node:path/posix";
import { parseArgs } from "node:util";
import deno from "../../deno.json" with { type: "json" };
import { REPOSITORY, ROOT } from "../npm/package.ts";
import { writeApi } from "./api.ts";
import { brokenLinks } from "./check_links.ts";
import { commandPages } from "./command_line.ts";
import { framed, type Group } from "./frame.ts";
import { escaped, render, type Section } from "./markdown.ts";
import { GROUPS, type Page, PAGES } from "./pages.ts";

const { values: { out } } = parseArgs({
  args: Deno.args,
  options: { out: { type: "string", default: `${ROOT}dist/site` } },
});

/** Files of the repository that a page links to, such as the programs of recipes: the site shows each on a page of its own. */
const shown = new Set<string>();
const pictures = new Set<string>();
const index: (Section & { path: string; page: string })[] = [];

await Deno.remove(out, { recursive: true }).catch(() => {});
await Deno.mkdir(`${out}/help`, { recursive: true });
const commands = await commandPages();
const groups: Group[] = [
  GROUPS[0]!,
  ["Command line", commands],
  ["Reference", [{ path: "api/index.html", title: "The library's API" }]],
  ...GROUPS.slice(1),
];

for (const page of PAGES) {
  const { html, sections } = render(await Deno.readTextFile(`${ROOT}${page.source}`), {
    addressOf: (path, isImage) => addressOf(page, path, isImage),
  });
  await write(page.path, page.title, html);
  keep(page.path, page.title, sections);
}
for (const { path, title, html, sections } of commands) {
  await write(path, title, html);
  keep(path, title, sections);
}
for (const path of shown) {
  const html = `<h1>${escaped(path)}</h1>\n<pre tabindex="0"><code>${
    escaped(await Deno.readTextFile(`${ROOT}${path}`))
  }</code></pre>`;
  await write(`source/${path}.html`, path, html);
}
for (const path of pictures) await copy(path, `pictures/${path}`);
for (const name of ["style.css", "search.js"]) await copy(`scripts/site/${name}`, name);
await Deno.writeTextFile(`${out}/search_index.js`, `globalThis.searchIndex = ${JSON.stringify(index)};\n`);
await writeApi(`${out}/api`);

const broken = await brokenLinks(out);
for (const line of broken) console.error(line);
if (broken.length > 0) Deno.exit(1);
console.log(
  `${out}: ${PAGES.length + commands.length + shown.size} pages, ${index.length} parts in the search`,
);

/** Where a link of a page leads: to another page, to the source of a file, or to the repository. */
function addressOf(page: Page, link: string, isImage: boolean): string | undefined {
  const [path = "", hash] = link.split("#");
  const file = join(dirname(page.source), path);
  const here = (to: string) => relative(dirname(page.path), to) + (hash === undefined ? "" : `#${hash}`);
  if (isImage) {
    pictures.add(file);
    return here(`pictures/${file}`);
  }
  const other = PAGES.find(({ source }) => source === file);
  if (other) return here(other.path);
  if (Deno.statSync(`${ROOT}${file}`).isFile && /\.(ts|js|json|html|jsonl|csv|txt)$/.test(file)) {
    shown.add(file);
    return here(`source/${file}.html`);
  }
  return REPOSITORY && `${REPOSITORY}/blob/v${deno.version}/${file}`;
}

function keep(path: string, page: string, sections: Section[]): void {
  for (const { id, title, text } of sections) {
    index.push({ path, page, id, title, text: text.replace(/\s+/g, " ").trim() });
  }
}

async function write(path: string, title: string, html: string): Promise<void> {
  await Deno.mkdir(dirname(`${out}/${path}`), { recursive: true });
  await Deno.writeTextFile(`${out}/${path}`, framed({ path, title, html }, groups, deno.version));
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(`${out}/${to}`), { recursive: true });
  await Deno.copyFile(`${ROOT}${from}`, `${out}/${to}`);
}
