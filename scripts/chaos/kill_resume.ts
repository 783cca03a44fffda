/**
 * A long run with a journal that SIGKILL ends at random moments and that is resumed each time, until it is complete.
 * Its output and its sums must equal those of an undisturbed run, and few inputs may run twice.
 *
 *     deno run -A scripts/chaos/kill_resume.ts --inputs 200000 --kills 20 --seed 1 --edit
 *
 * With --edit, the input changes between the kills: lines are inserted at the top, removed, and moved.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { hasRun } from "../../lib/cli/journal/rows/run_row.ts";
import { Folder, MOST_AGAIN, runFor } from "./killed_runs.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "200000" },
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    isolation: { type: "string", default: "thread" },
    edit: { type: "boolean", default: false },
  },
});
const random = randomFrom(Number(values.seed));
const folder = new Folder("chaos");
const path = (name: string) => folder.file(name);

writeFileSync(
  path("task.ts"),
  `const { fd } = { fd: Deno.openSync(${JSON.stringify(path("log"))}, { append: true, create: true }) };
export default async function (id: number, { count }: { count(name: string, amount: number): void }) {
  count("ids", id);
  count("usd", 0.0031);
  fd.writeSync(new TextEncoder().encode(id + "\\n"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  return { id };
}
`,
);
let lines = Array.from({ length: Number(values.inputs) }, (_, id) => String(id));
save();

const options = [
  ...["-A", "-c", "16", "--isolation", values.isolation],
  ...["-i", path("in"), "-o", path("out"), "--stats", path("stats")],
];
let args = ["run", path("task.ts"), ...options, "--journal", path("run.sqlite"), "--progress", "none"];
let kills = 0;
for (;;) {
  // The kills are spread over the whole run: about 20 µs per input on two cores, plus the start.
  const share = (Number(values.inputs) * 0.08) / Number(values.kills);
  const code = await runFor(args, kills < Number(values.kills) ? 150 + random() * 2 * share : Infinity);
  if (code === 0) break;
  if (code !== undefined) folder.fail(`the run ended with code ${code}`);
  kills++;
  if (hasBegun()) {
    args = ["resume", path("run.sqlite"), "--progress", "none"];
  }
  if (values.edit) edit();
}

const expected = lines.map((id) => `{"id":${id}}\n`).join("");
if (readFileSync(path("out"), "utf8") !== expected) {
  folder.fail("the output is not that of an undisturbed run");
}
const ran = readFileSync(path("log"), "utf8").trimEnd().split("\n");
checkSums();
const again = ran.length - new Set(ran).size;
if (again > kills * MOST_AGAIN) {
  folder.fail(`${again} executions more than once are too many for ${kills} kills`);
}
console.log(
  `${lines.length} inputs, ${kills} kills: output identical; ${again} executions more than once ` +
    `(${(again / Math.max(1, kills)).toFixed(1)} a kill)`,
);
await folder.remove();

/** Whether the journal has the run. If it was killed before, the run must be started again; afterwards, only resumed. */
function hasBegun(): boolean {
  const journal = path("run.sqlite");
  if (!existsSync(journal)) return false;
  const db = new DatabaseSync(journal);
  try {
    return hasRun(db, journal);
  } finally {
    db.close();
  }
}

/** Inserts lines at the top, removes lines, and moves lines. */
function edit(): void {
  const at = () => Math.floor(random() * lines.length);
  const fresh = Array.from({ length: 5 }, () => String(1e9 + Math.floor(random() * 1e9)));
  const moved = lines.splice(at(), 10);
  lines.splice(at(), 3);
  lines.splice(at(), 0, ...moved);
  lines = [...fresh, ...lines];
  save();
}

/** Each input counts once, and attempts that were lost count for what was spent, as far as the journal knows of them. */
function checkSums(): void {
  const { counts, spent } = JSON.parse(readFileSync(path("stats"), "utf8"));
  const sum = (ids: string[]) => ids.reduce((sum, id) => sum + Number(id), 0);
  const usd = Number((lines.length * 0.0031).toFixed(4));
  if (counts.ids !== sum(lines) || counts.usd !== usd) {
    folder.fail(`the sums are ${JSON.stringify(counts)} and not ${sum(lines)} ids and ${usd} usd`);
  }
  if (spent.ids < counts.ids || spent.ids > sum(ran)) {
    folder.fail(`what was spent is ${spent.ids}, but must be between ${counts.ids} and ${sum(ran)}`);
  }
}

function save(): void {
  writeFileSync(path("in"), lines.map((line) => `${line}\n`).join(""));
}
