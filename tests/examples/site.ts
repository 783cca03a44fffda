/**
 * A local HTTP site of this repository's files. It is as slow as a site far away, and some of its pages are broken.
 * `demo.ts` runs over it. To start it by itself, on port 8123:
 *
 *     deno run -A tests/examples/site.ts 8123
 */

import { type Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { setTimeout as elapsed } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The delay of every answer, in milliseconds. */
export const DELAY = 50;

/** The routes that fail → how they fail. */
export const BROKEN_ROUTES = {
  "/no-such-page": "404",
  "/error": "500",
  "/cut": "a connection that breaks off in the middle",
};

/** Names that Git does not track. */
const UNTRACKED = new Set(["node_modules", ".git", ".vite", "npm", "dist", "coverage"]);

/** A site that runs. */
export interface Site {
  /** `http://127.0.0.1:8123` */
  origin: string;
  port: number;
  /** The paths of all pages, in order: `/README.md`, … */
  paths: string[];
  close(): Promise<void>;
}

/** Starts the site; port 0 is any free one. */
export async function startSite(port = 0): Promise<Site> {
  const pages = await readPages();
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
    await elapsed(DELAY);
    return answer(new URL(request.url).pathname, pages);
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    paths: [...pages.keys()],
    close: () => server.shutdown(),
  };
}

function answer(path: string, pages: Map<string, string>): Response {
  if (path === "/error") return new Response("This page is broken.\n", { status: 500 });
  if (path === "/cut") return breaksOff();
  const page = pages.get(path);
  if (page === undefined) return new Response("There is no such page.\n", { status: 404 });
  return new Response(page, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** A body that is shorter than its content-length, so that the server closes the connection. */
function breaksOff(): Response {
  const body = ReadableStream.from([new TextEncoder().encode("This page ends in the mid")]);
  return new Response(body, { headers: { "content-length": "1000" } });
}

/** Path → text of every file, read once, so that the site does not change while it runs. */
async function readPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const file of await filesIn(ROOT)) {
    const path = `/${relative(ROOT, file).split(sep).map(encodeURIComponent).join("/")}`;
    pages.set(path, await readFile(file, "utf8"));
  }
  return pages;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter(isTracked).sort((a, b) => a.name < b.name ? -1 : 1);
  const lists = await Promise.all(names.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  }));
  return lists.flat();
}

function isTracked(entry: Dirent): boolean {
  return (entry.isFile() || entry.isDirectory()) && !UNTRACKED.has(entry.name) &&
    !entry.name.endsWith(".log");
}

if (import.meta.main) {
  const site = await startSite(Number(Deno.args[0] ?? 0));
  console.log(
    `${site.paths.length} pages at ${site.origin}, such as ${site.origin}${site.paths[0]}. Ctrl-C ends it.`,
  );
}
