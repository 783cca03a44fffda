/**
 * The README's commands, each run as it stands there, on the runtime that it names. Those of the npm package and of the binary
 * run in `tests/package/own.ts`, the demo in `demo.test.ts`, and the tests themselves in `.ci/run`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { folder, ROOT } from "../cli/polyloop.ts";
import { RedisServer } from "../distributed/redis.ts";
import { isDeno, launch, start, startFile } from "../program.ts";
import { commandsUnder, programsUnder, sectionsWithCommands } from "./readme.ts";

const [ALIAS, ...INIT] = commandsUnder("Install")[0];

/** A site for example.com and example.org, which Deno reaches as an HTTP proxy. Every page has three words. */
async function startSites() {
  const server = createServer((request, response) => {
    response.statusCode = /^http:\/\/example\.(com|org)\/$/.test(request.url!) ? 200 : 404;
    response.end("one two three");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * A script of the README's lines: `polyloop` is the alias that the README defines in a copy of this repository. For its `npx`, the
 * Deno of this test stands in, so that only the network is another.
 */
function script(dir: string, proxy: string, lines: string[]): string {
  const npx = `npx() { [ "$1 $2" = "-y deno@${versions().deno}" ] || exit 99; shift 2; ` +
    `HTTP_PROXY=${proxy} '${process.execPath}' "$@"; }`;
  const path = join(dir, "commands.sh");
  writeFileSync(
    path,
    ["set -e", "exec < /dev/null", npx, `cd '${ROOT}'`, ALIAS, `cd '${dir}'`, ...lines, ""].join("\n"),
  );
  return path;
}

function versions() {
  return process.versions as unknown as { deno: string };
}

const BASH = ["-O", "expand_aliases"];

test("each section of the README with commands has a test that runs them", () => {
  expect(sectionsWithCommands()).toEqual([
    "A first command",
    "Try it and test it",
    "Install",
    "The command line",
    "More than one machine",
  ]);
  // Of the last, .ci/run takes each command from the README.
  const [[, deno], rest] = commandsUnder("Try it and test it");
  const gate = readFileSync(join(ROOT, ".ci/run"), "utf8");
  for (const command of [deno, ...rest]) {
    expect(gate).toMatch(new RegExp(`^\\w+_tests ${/deno@2\.9\.6 task (\S+)$/.exec(command)![1]}$`, "m"));
  }
});

test.skipIf(!isDeno)("the first command hashes files as sha256sum does", async () => {
  const [[command]] = commandsUnder("A first command");
  const { code, out, err } = await start("sh", ["-c", command], "", { cwd: ROOT });
  expect(code, err).toBe(0);
  expect(out).toBe((await start("sh", ["-c", "sha256sum -- *.md"], "", { cwd: ROOT })).out);
});

test.skipIf(!isDeno)("the commands under Install define polyloop, write a task and run it", async () => {
  using dir = folder();
  const { code, out, err } = await start("bash", [...BASH, script(dir.path, "", INIT)]);
  expect(code, err).toBe(0);
  expect(out.match(/"sha256"/g)).toHaveLength(10);
});

test.skipIf(!isDeno)("the commands of the command line run one after another", async () => {
  await using sites = await startSites();
  using dir = folder({ "tasks.ts": programsUnder("A first command")[0] });
  const [lines] = commandsUnder("The command line");
  const { code, out, err } = await start("bash", [...BASH, script(dir.path, sites.proxy, lines)]);
  expect(code, err).toBe(0);
  const counts = ["com", "org"].map((end) => `{"url":"http://example.${end}/","words":3}\n`).join("");
  expect(out.startsWith(counts)).toBe(true);
  expect(out).toContain("\n21\n");
  expect(readFileSync(join(dir.path, "counts.jsonl"), "utf8")).toBe(counts);
});

test.skipIf(!isDeno)("the commands for more than one machine run on one", async () => {
  await using sites = await startSites();
  await using redis = await RedisServer.start();
  const urls = "http://example.com/\nhttp://example.org/\n";
  using dir = folder({ "tasks.ts": programsUnder("A first command")[0], "urls.txt": urls });
  const [setting, worker, ...others] = commandsUnder("More than one machine")[0];
  expect(setting).toBe("export POLYLOOP_REDIS=redis://localhost:6379");
  const place = { env: { POLYLOOP_REDIS: redis.url } };
  const serving = launch("bash", [...BASH, script(dir.path, sites.proxy, [worker])], {
    ...place,
    group: true,
  });
  const ended = new Promise((resolve) => serving.once("close", resolve));
  try {
    using producer = folder();
    const lines = [`cd '${dir.path}'`, ...others];
    const run = await start("bash", [...BASH, script(producer.path, sites.proxy, lines)], "", place);
    expect(run.code, run.err).toBe(0);
    expect(readFileSync(join(dir.path, "counts.jsonl"), "utf8").match(/"words":3/g)).toHaveLength(2);
    expect(JSON.parse(run.out)).toMatchObject({ workers: [{}] });
  } finally {
    process.kill(-serving.pid!, "SIGTERM");
    await ended;
  }
});

test("the program of the library's section prints what its task returns", async () => {
  await using sites = await startSites();
  // Node reads no proxy from its environment by default, so the task asks for pages of the site itself.
  const [tasks] = programsUnder("A first command");
  const [program] = programsUnder("The library");
  using dir = folder({
    "package.json": `{ "type": "module" }`,
    "tasks.ts": tasks.replace("fetch(url)", `fetch("${sites.proxy}/" + url)`),
    "main.ts": program.replace("@polyloop/polyloop", join(ROOT, "mod.ts")),
  });
  const { code, out, err } = await startFile(join(dir.path, "main.ts"));
  expect(code, err).toBe(0);
  expect(out).toBe("http://example.com/ 3\nhttp://example.org/ 3\n");
});
