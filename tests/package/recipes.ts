/** The recipes with packages from npm: their files and commands are those of the recipes' README. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { commandsOf, filesOf } from "../examples/recipes_readme.ts";
import { folder, FROM_SOURCE, wordsOf } from "../cli/polyloop.ts";
import { launch, start } from "../program.ts";
import { bunPath, FAILED_TO_FETCH, installed, tarball } from "./artefacts.ts";

/** A project with the files of a recipe, the package's tarball, and what the recipe's first command installs. */
async function projectOf(heading: string) {
  const dir = folder();
  for (const [name, code] of Object.entries(filesOf(heading))) {
    mkdirSync(dirname(join(dir.path, name)), { recursive: true });
    writeFileSync(join(dir.path, name), code);
  }
  copyFileSync(tarball!, join(dir.path, basename(tarball!)));
  const bun = bunPath ? `${dirname(bunPath)}:` : "";
  const place = { cwd: dir.path, env: { ...installed!.env, PATH: `${bun}${installed!.env.PATH}` } };
  const sh = (command: string) =>
    start("sh", ["-c", `set -e\npolyloop() { ${wordsOf(FROM_SOURCE)} "$@"; }\n${command}`], "", place);
  const [install] = commandsOf(heading);
  const { code, err } = await sh(install);
  if (code !== 0 && FAILED_TO_FETCH.test(err)) console.warn(`"${heading}" is not tested: ${err}`);
  else expect(code, err).toBe(0);
  return { ...dir, place, sh, isInstalled: code === 0 };
}

/** A PNG file of one colour. */
function png(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = new Uint8Array(data.length + 12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
    return bytes;
  };
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = new Uint8Array(height * (3 * width + 1));
  const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array())];
  return new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, ...parts.flatMap((part) => [...part])]);
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Defines the cases. */
export function recipeCases(): void {
  test.skipIf(!installed)("a package from npm makes small pictures on Deno, Node and Bun", async () => {
    using dir = await projectOf("Use a package from npm");
    if (!dir.isInstalled) return;
    mkdirSync(join(dir.path, "pictures"));
    const names = ["a.png", "with space.png", "line\nbreak.png"];
    for (const [at, name] of names.entries()) {
      writeFileSync(join(dir.path, "pictures", name), png(128, 32 * (at + 1)));
    }
    const [, ...runs] = commandsOf("Use a package from npm");
    expect(runs.map((run) => /polyloop|npx|bunx/.exec(run)![0])).toEqual(["polyloop", "npx", "bunx"]);
    for (const run of bunPath ? runs : runs.slice(0, 2)) {
      const { code, err } = await dir.sh(`rm -f small/*\n${run}`);
      expect(code, err).toBe(0);
      expect(err).toContain("3 inputs");
      const lines = readFileSync(join(dir.path, "small.jsonl"), "utf8").trim().split("\n");
      const made = lines.map((line) => JSON.parse(line)).sort((one, other) => one.height - other.height);
      expect(made).toEqual(
        names.map((name, at) => ({ file: `pictures/${name}`, width: 64, height: 16 * (at + 1) })),
      );
      expect(readdirSync(join(dir.path, "small")).sort()).toEqual([...names].sort());
    }
  });

  test.skipIf(!installed)(
    "a Hono server that tsc has built answers, and ends after its last answer",
    async () => {
      using dir = await projectOf("Serve with Hono on Node");
      if (!dir.isInstalled) return;
      const [, build, serve] = commandsOf("Serve with Hono on Node");
      const built = await dir.sh(build);
      expect(built.code, built.out + built.err).toBe(0);
      const env = { ...dir.place.env, PORT: "0" };
      const child = launch("sh", ["-c", `exec ${serve}`], { ...dir.place, env });
      const ended = new Promise((resolve) => child.once("close", resolve));
      try {
        const origin = await new Promise<string>((resolve, reject) => {
          child.stdout.setEncoding("utf8").once("data", (text) => resolve(text.trim()));
          ended.then((code) => reject(new Error(`ended with ${code}`)));
        });
        const get = async (path: string) => {
          const response = await fetch(origin + path, { headers: { connection: "close" } });
          return [response.status, response.status === 200 ? await response.json() : await response.text()];
        };
        expect(await get("/primes/100")).toEqual([200, { below: 100, primes: 25 }]);
        expect((await get("/primes/x"))[0]).toBe(404);
        // Not child.kill(): Deno takes the child for dead after it.
        process.kill(child.pid!, "SIGTERM");
        expect(await ended).toBe(0);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );
}
