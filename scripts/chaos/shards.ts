/**
 * Ten jobs that divide their inputs by `--shard`, without a broker. SIGKILL ends each at random moments, and it is resumed until it
 * is complete. The outputs of all jobs, sorted by index, must be those of one undisturbed run, and few inputs may run twice.
 *
 *     deno task chaos:shards --inputs 50000 --jobs 10 --kills 2 --seed 1
 */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Folder, MOST_AGAIN, runFor } from "./killed_runs.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "50000" },
    jobs: { type: "string", default: "10" },
    /** Of each job. */
    kills: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    isolation: { type: "string", default: "thread" },
  },
});
const [inputs, jobs, kills] = [values.inputs, values.jobs, values.kills].map(Number);
const random = randomFrom(Number(values.seed));
const folder = new Folder("shards");
const path = (name: string) => folder.file(name);

writeFileSync(
  path("task.ts"),
  `const file = Deno.openSync(${JSON.stringify(path("log"))}, { append: true, create: true });
export default async function ({ id }: { id: number }) {
  file.writeSync(new TextEncoder().encode(id + "\\n"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  return id;
}
`,
);
// Every tenth line occurs twice.
const lines = Array.from({ length: inputs }, (_, at) => JSON.stringify({ id: at % 10 === 9 ? at - 1 : at }));
writeFileSync(path("in"), lines.map((line) => `${line}\n\n`).join(""));

let killed = 0;
for (let job = 1; job <= jobs; job++) {
  const flags = [
    "-A",
    "-i",
    path("in"),
    "-o",
    path(`out-${job}`),
    "--shard",
    `${job}/${jobs}`,
    "--envelope=full",
  ];
  let args = ["run", path("task.ts"), ...flags, "--journal", path(`run-${job}`)];
  for (let left = kills;;) {
    const ms = left-- > 0 ? 200 + random() * 0.15 * inputs / jobs : Infinity;
    const code = await runFor([...args, "--progress", "none"], ms);
    if (code === 0) break;
    if (code !== undefined) folder.fail(`job ${job} ended with code ${code}`);
    killed++;
    // If it was killed before it had begun, it must be started again.
    if (statSync(path(`out-${job}`), { throwIfNoEntry: false })) args = ["resume", path(`run-${job}`)];
  }
}

const outputs = readdirSync(folder.path).filter((name) => name.startsWith("out-"));
const envelopes = outputs.flatMap((name) =>
  readFileSync(path(name), "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line))
);
envelopes.sort((one, other) => one.index - other.index);
if (envelopes.length !== inputs) folder.fail(`there are ${envelopes.length} outcomes of ${inputs} inputs`);
for (const [at, { index, ok, value, input, started, worker, position }] of envelopes.entries()) {
  const isRight = index === at && ok && JSON.stringify(input) === lines[at] && value === input.id;
  if (!isRight || Number.isNaN(Date.parse(started)) || !(worker > 0) || !(position >= 0)) {
    folder.fail(`the outcome of input ${at} is ${JSON.stringify(envelopes[at])}`);
  }
}
const again = readFileSync(path("log"), "utf8").trimEnd().split("\n").length - inputs;
if (again > killed * MOST_AGAIN) folder.fail(`${again} executions too many for ${killed} kills`);
console.log(`${inputs} inputs in ${jobs} jobs, ${killed} kills: each once in the output; ${again} ran again`);
await folder.remove();
