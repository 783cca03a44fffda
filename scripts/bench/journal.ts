/**
 * What a journal costs: lines through a no-op task, from file to file, without a journal and with one in turns.
 *
 *     deno run -A scripts/bench/journal.ts --lines 1000000 --rounds 5
 */

import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { lines: { type: "string", default: "1000000" }, rounds: { type: "string", default: "5" } },
});
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const folder = await Deno.makeTempDir({ prefix: "polyloop-bench-" });
const path = (name: string) => join(folder, name);
const count = Number(values.lines);
await Deno.writeTextFile(
  path("in"),
  Array.from({ length: count }, (_, id) => `{"id":${id},"url":"https://example.com/page/${id}"}\n`).join(""),
);

const ratios: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const without = await seconds([]);
  const kept = await seconds(["--journal", path("journal")]);
  await Promise.all(["journal", "journal-lock"].map((name) => Deno.remove(path(name))));
  ratios.push(without / kept);
  console.log(`without ${without.toFixed(2)} s, with ${kept.toFixed(2)} s: ${(without / kept).toFixed(2)}`);
}
ratios.sort((one, other) => one - other);
console.log(`throughput with a journal: ${ratios[ratios.length >> 1].toFixed(2)} × (median; target 0.5)`);
await Deno.remove(folder, { recursive: true });

async function seconds(more: string[]): Promise<number> {
  const task = ["run", "-e", "x => x", "-i", path("in"), "-o", path("out"), "--progress", "none", ...more];
  const begun = performance.now();
  const { code } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", CLI, ...task] })
    .spawn().status;
  if (code !== 0) throw new Error(`polyloop ended with code ${code}`);
  return (performance.now() - begun) / 1000;
}
