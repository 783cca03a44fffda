/** Both programs of each pair of README.md, run as they stand there: they print the same. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder } from "../../cli/polyloop.ts";
import { isDeno, start, startSync } from "../../program.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const README = readFileSync(new URL("./README.md", import.meta.url), "utf8");
const hasPython = startSync("python3", ["--version"]).status === 0;

/** What each pair prints. */
const PRINTED: Record<string, string> = {
  "p-map": "[ 3, 5, 9 ]\n",
  "p-queue": "3 7\n",
  "piscina": "[ 4, 25, 168 ]\n",
  "tinypool": "168\n",
  "workerpool": "168\n7\n",
  "concurrent.futures": "168\n4\n25\n",
  "multiprocessing.Pool": "168\n197\n",
};

/** Its first task never settles on Deno 2.9 (tinypool 2.2). */
const NODE_ALONE = ["tinypool"];

const dir = folder({});
afterAll(() => dir[Symbol.dispose]());

/** The blocks of code under a heading: the last two are the pair. */
function blocksOf(heading: string): { language: string; code: string }[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^```(ts|python).*\n([^]*?)^```$/gm)]
    .map(([, language, code]) => ({ language, code }));
}

function write(name: string, code: string): string {
  const path = join(dir.path, name);
  writeFileSync(path, code.replaceAll("@polyloop/polyloop", join(ROOT, "mod.ts")));
  return path;
}

async function printed(path: string): Promise<string> {
  const flags = isDeno ? ["run", "-A", "--quiet", `--config=${join(ROOT, "deno.dev.json")}`] : [];
  const { code, out, err } = path.endsWith(".py")
    ? await start("python3", [path])
    : await start(process.execPath, [...flags, path]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

beforeAll(() => {
  // By which Node finds the other libraries.
  symlinkSync(join(ROOT, "node_modules"), join(dir.path, "node_modules"));
  writeFileSync(join(dir.path, "package.json"), `{ "type": "module" }`);
  write("tasks.ts", README.match(/^```ts ignore\n(\/\/ tasks\.ts\n[^]*?)^```$/m)![1]);
  for (const { code } of blocksOf("workerpool").slice(0, 1)) write("workerpool_worker.ts", code);
});

test("each section has a pair that runs here", () => {
  const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(Object.keys(PRINTED));
});

for (const [heading, expected] of Object.entries(PRINTED)) {
  const [theirs, ours] = blocksOf(heading).slice(-2);
  test.skipIf(theirs.language === "python" && !hasPython)(
    `${heading}: both programs print the same`,
    async () => {
      const name = heading.replaceAll(/\W/g, "_");
      expect(await printed(write(`${name}_ours.ts`, ours.code))).toBe(expected);
      if (isDeno && NODE_ALONE.includes(heading)) return;
      const ending = theirs.language === "python" ? "py" : "ts";
      expect(await printed(write(`${name}_theirs.${ending}`, theirs.code))).toBe(expected);
    },
  );
}
