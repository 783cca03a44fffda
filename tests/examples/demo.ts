/**
 * The program of `deno task demo`: runs `polyloop run` over a site of several hundred slow pages. Six of the URLs are
 * broken. Writes the results to a new folder, or to FOLDER. Exits with 0 if the broken URLs failed and no other.
 *
 *     deno run -A tests/examples/demo.ts [FOLDER]
 */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Executor } from "../../mod.ts";
import type { Analysis } from "./analyse.ts";
import { BROKEN_ROUTES, DELAY, ROOT, type Site, startSite } from "./site.ts";

/** The least number of URLs in the list. */
const URLS = 500;

/** How many of them are run one at a time, for comparison. */
const SAMPLE = 40;

/** What starts Deno where only Node is installed. */
const DENO = `npx -y deno@${Deno.version.deno}`;

/** The files of the demo. */
interface Files {
  urls: string;
  results: string;
  failures: string;
}

if (import.meta.main) {
  const site = await startSite();
  try {
    Deno.exitCode = await demo(site, Deno.args[0] ?? await mkdtemp(join(tmpdir(), "polyloop-demo-")));
  } finally {
    await site.close();
  }
}

/** Runs the demo; resolves with its exit code. */
async function demo(site: Site, folder: string): Promise<number> {
  const files: Files = {
    urls: join(folder, "urls.txt"),
    results: join(folder, "results.jsonl"),
    failures: join(folder, "failures.jsonl"),
  };
  const { urls, broken } = listUrls(site);
  await writeFile(files.urls, urls.map((url) => `${url}\n`).join(""));
  const command = commandLine(files);
  console.log(
    `A local site of ${site.paths.length} pages, each served after ${DELAY} ms. The task analyses ${urls.length} URLs.
${broken.length} of them are broken on purpose: ${Object.values(BROKEN_ROUTES).join(", ")}.

$ deno ${command.join(" ")}`,
  );

  const code = await run(command);
  // A run that was stopped or did not start has said so itself.
  if (code > 1) return code;

  await compareTime(urls);
  await report(files);
  console.log(`
Results: ${files.results}
Failures: ${files.failures}

To run it again, start the site in another terminal, then the command:
  ${DENO} run -A tests/examples/site.ts ${site.port}
  ${DENO} ${command.join(" ")}

Next, a task of your own. This writes one with ten inputs, and prints the command that runs it:
  ${DENO} run -A cli.ts init my-tasks`);
  return await compareFailures(files, broken);
}

/** Repeats the pages until there are at least {@link URLS}, and spreads the broken ones among them. */
export function listUrls({ origin, paths }: Site): { urls: string[]; broken: string[] } {
  const rounds = Array.from({ length: Math.ceil(URLS / paths.length) }, (_, index) => `?round=${index + 1}`);
  const urls = rounds.flatMap((round) => paths.map((path) => `${origin}${path}${round}`));
  const broken = Object.keys(BROKEN_ROUTES).flatMap((path) => [`${origin}${path}?1`, `${origin}${path}?2`]);
  const step = Math.floor(urls.length / broken.length);
  for (const [index, url] of broken.entries()) urls.splice((index + 1) * step, 0, url);
  return { urls, broken };
}

function commandLine({ urls, results, failures }: Files): string[] {
  const task = "tests/examples/analyse.ts#analyse";
  const files = ["-i", urls, "-o", results, "--errors", failures];
  return [
    "run",
    "-A",
    "cli.ts",
    "run",
    task,
    "--allow-net",
    "--from",
    "lines",
    ...files,
    "-c",
    "8",
    "--timeout",
    "10s",
  ];
}

/** Starts the command like a user, on our stderr. Resolves with its exit code. */
async function run(command: string[]): Promise<number> {
  // Ctrl-C reaches the command too. It needs the site until it has ended.
  const leaveItToTheCommand = () => {};
  Deno.addSignalListener("SIGINT", leaveItToTheCommand);
  const child = new Deno.Command(Deno.execPath(), { args: command, cwd: ROOT, stdin: "null" }).spawn();
  const { code } = await child.status;
  Deno.removeSignalListener("SIGINT", leaveItToTheCommand);
  return code;
}

/** Runs some of the URLs one at a time, as a loop with `await` would. */
async function compareTime(urls: string[]): Promise<void> {
  const step = Math.floor(urls.length / SAMPLE);
  const sample = Array.from({ length: SAMPLE }, (_, index) => urls[index * step]);
  await using executor = new Executor<typeof import("./analyse.ts")>(
    new URL("./analyse.ts", import.meta.url),
    { workers: 1, concurrency: 1 },
  );
  await executor.ready();
  const begun = performance.now();
  await executor.map("analyse", sample, { settled: true }).toArray();
  const seconds = (performance.now() - begun) / 1000;
  const all = (seconds / SAMPLE) * urls.length;
  console.log(
    `\nOne at a time, tried on ${SAMPLE}: ${seconds.toFixed(1)} s, so ${all.toFixed(0)} s for all.`,
  );
}

/** Prints a few figures, each page counted once. */
async function report(files: Files): Promise<void> {
  const all = await readRecords<Analysis>(files.results);
  const pages = all.filter(({ url }) => url.endsWith("?round=1"));
  const words = pages.reduce((sum, page) => sum + page.words, 0);
  const longest = pages.reduce((a, b) => a.longestLine >= b.longestLine ? a : b);
  pages.sort((a, b) => b.bytes - a.bytes);
  console.log(`
${pages.length} pages, ${words} words. The biggest:
${pages.slice(0, 5).map(pageLine).join("\n")}
The longest line: ${longest.longestLine} characters, in ${pathOf(longest.url)}`);
}

function pageLine({ url, bytes, lines, topWord, bitsPerCharacter }: Analysis): string {
  const size = `${(bytes / 1024).toFixed(1)} kB`.padStart(9);
  return `${size}  ${
    pathOf(url)
  }: ${lines} lines, mostly "${topWord}", ${bitsPerCharacter} bits per character`;
}

/** Returns 0 if exactly the broken URLs failed. Else prints the differences and returns 1. */
async function compareFailures(files: Files, broken: string[]): Promise<number> {
  const failures = await readRecords<{ input: string }>(files.failures);
  const failed = failures.map(({ input }) => input);
  const wrong = [
    ...broken.filter((url) => !failed.includes(url)).map((url) => `should have failed: ${url}`),
    ...failed.filter((url) => !broken.includes(url)).map((url) => `should not have failed: ${url}`),
  ];
  for (const line of wrong) console.error(line);
  return wrong.length === 0 ? 0 : 1;
}

async function readRecords<T>(file: string): Promise<T[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
