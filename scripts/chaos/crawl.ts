/**
 * A crawl of a local site with a journal that SIGKILL ends after random numbers of fetches and that is resumed each time, until it is
 * complete. Its pages link to each other in cycles, and some are served only after many others. Each page must be in the output once,
 * the output must equal that of an undisturbed crawl, and few pages may be fetched twice.
 *
 *     deno run -A scripts/chaos/crawl.ts --pages 10000 --kills 10 --seed 1 --unordered
 */

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { Folder, MOST_AGAIN, runUntilKilled } from "./killed_runs.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    pages: { type: "string", default: "10000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    isolation: { type: "string", default: "thread" },
    unordered: { type: "boolean", default: false },
  },
});
const PAGES = Number(values.pages);
const KILLS = Number(values.kills);
const TASK = fileURLToPath(new URL("../../tests/examples/recipes/crawl.ts", import.meta.url));
const random = randomFrom(Number(values.seed));
const folder = new Folder("crawl");
const path = (name: string) => folder.file(name);

const fetched = new Map<string, number>();
/** Called for each fetch. */
let onFetch = () => {};
let fetches = 0;
/** Pages that are served only after further ones, by the number of fetches then. */
const held = new Map<number, () => void>();
const site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  fetched.set(pathname, (fetched.get(pathname) ?? 0) + 1);
  onFetch();
  const count = ++fetches;
  held.get(count)?.();
  // So their links come late, and those of other pages start before them. At the end of the crawl, no further pages come.
  if (Number(pathname.slice(1)) % 20 === 0) {
    const { promise, resolve } = Promise.withResolvers<void>();
    held.set(count + 50, resolve);
    const timer = setTimeout(resolve, 500);
    await promise;
    clearTimeout(timer);
    held.delete(count + 50);
  }
  return new Response(pageOf(Number(pathname.slice(1))), { headers: { "content-type": "text/html" } });
});
const options = ["-A", "-c", "16", "--isolation", values.isolation, "--progress", "none"];
if (values.unordered) options.push("--unordered");
const seeds = path("seeds");
writeFileSync(seeds, `http://127.0.0.1:${site.addr.port}/0\n`);
const run = (
  output: string,
) => ["run", `${TASK}#crawl`, "--from", "lines", "-i", seeds, "-o", path(output), ...options];

if (await runForFetches(run("whole"), Infinity) !== 0) folder.fail("the undisturbed crawl failed");
if (fetched.size !== PAGES || totalOf(fetched) !== PAGES) {
  folder.fail(`${fetched.size} pages were found, ${totalOf(fetched)} fetched`);
}
fetched.clear();

let args = [...run("out"), "--journal", path("crawl.sqlite")];
let kills = 0;
for (;;) {
  // The kills are spread over the whole crawl, by the number of fetches: a busy machine changes nothing.
  const most = 1 + Math.floor(random() * 2 * PAGES / (KILLS + 2));
  const code = await runForFetches(args, kills < KILLS ? most : Infinity);
  if (code === 0) break;
  if (code !== undefined) folder.fail(`the crawl ended with code ${code}`);
  kills++;
  args = ["resume", path("crawl.sqlite")];
}

const [whole, out] = ["whole", "out"].map((name) => sorted(readFileSync(path(name), "utf8").split("\n")));
if (new Set(out).size !== PAGES + 1 || out.length !== PAGES + 1) {
  folder.fail("not every page is in the output once");
}
if (whole.join("\n") !== out.join("\n")) folder.fail("the output is not that of an undisturbed crawl");
const again = totalOf(fetched) - PAGES;
if (again > kills * MOST_AGAIN) {
  folder.fail(`${again} fetches more than once are too many for ${kills} kills`);
}
console.log(
  `${PAGES} pages, ${kills} kills: output identical, each page once; ${again} fetches more than once`,
);
await site.shutdown();
await folder.remove();

/** A page with links to five others, most of which lead back at some time. */
function pageOf(n: number): string {
  const links = [n + 1, 7 * n + 31, 13 * n + 5, n >> 1, n].map((to) =>
    `<a href="/${to % PAGES}#top">there</a>`
  );
  return `<title>Page ${n}</title>${links.join("\n")}`;
}

/** The order of an unordered crawl is that of the time. */
function sorted(lines: string[]): string[] {
  return values.unordered ? lines.toSorted() : lines;
}

function totalOf(counts: Map<string, number>): number {
  return counts.values().reduce((sum, count) => sum + count, 0);
}

/** Resolves with the exit code; undefined if the process was killed after `most` fetches. */
function runForFetches(args: string[], most: number): Promise<number | undefined> {
  return runUntilKilled(args, (kill) => {
    let left = most;
    onFetch = () => {
      if (--left === 0) kill();
    };
  });
}
