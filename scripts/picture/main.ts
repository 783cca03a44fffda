/**
 * `deno task picture`: records a real run over the demo's site, on a real terminal (tmux), as `run.svg` in this folder.
 * The README shows it.
 */

import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Screen } from "../../tests/cli/screen.ts";
import { listUrls } from "../../tests/examples/demo.ts";
import { startSite } from "../../tests/examples/site.ts";
import { type Frame, svgOf } from "./svg.ts";

const SIZE = { columns: 104, rows: 13 };
const ROOT = new URL("../../", import.meta.url);

const COMMAND = [
  "polyloop run analyse.ts#analyse --allow-net --from lines \\",
  "    -i urls.txt -o results.jsonl --errors failed.jsonl -c 8",
];

/** Minimum time between two frames, in milliseconds. More frames would make the file larger without showing more. */
const LEAST = 250;

const frames = await record();
const svg = svgOf(frames, SIZE);
await writeFile(new URL("./run.svg", import.meta.url), svg);
console.log(`${frames.length} frames, ${Math.round(svg.length / 1024)} kB`);

/** Runs the command and records the screen. */
async function record(): Promise<Frame[]> {
  const folder = await mkdtemp(join(tmpdir(), "polyloop-picture-"));
  const site = await startSite();
  try {
    await writeFile(join(folder, "urls.txt"), listUrls(site).urls.map((url) => `${url}\n`).join(""));
    const task = fileURLToPath(new URL("tests/examples/analyse.ts", ROOT));
    await copyFile(task, join(folder, "analyse.ts"));
    using screen = new Screen(script(), { cwd: folder, ...SIZE });
    const frames: Frame[] = [];
    const begun = performance.now();
    await screen.shows((text) => {
      const at = performance.now() - begun;
      const isOver = text.includes("failures:");
      if (isOver || at - (frames.at(-1)?.at ?? -Infinity) >= LEAST) {
        frames.push({ at, text: screen.text({ colors: true }) });
      }
      return isOver;
    });
    return frames;
  } finally {
    await site.close();
    await rm(folder, { recursive: true });
  }
}

/** Returns a script that prints the command as if it was typed, and runs it. */
function script(): string {
  const cli = fileURLToPath(new URL("cli.ts", ROOT));
  const polyloop = `polyloop() { '${Deno.execPath()}' run -A --quiet '${cli}' "$@"; }`;
  const typed = COMMAND.map((line, at) => `${at === 0 ? "$ " : ""}${line}\n`).join("");
  return `${polyloop}\nprintf %s '${typed}'\n${COMMAND.join("\n")}`;
}
