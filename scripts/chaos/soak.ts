/**
 * Checks that memory does not grow. Loads run without end at half speed, each in its own process, all at once. In the
 * last quarter of the time, memory may be at most 3 % higher than in the quarter before it. Runs on Deno and on Node:
 *
 *     deno run -A scripts/chaos/soak.ts                 an hour; 2,000 executors are opened and closed
 *     node scripts/chaos/soak.ts --minutes 20 --load map,signals
 *     deno run -A scripts/chaos/soak.ts --live --minutes 0.5 --cycles 0
 *
 * `--live` measures the memory in use after a garbage collection, and not the memory of the processes. V8 enlarges a
 * heap step by step, for half an hour and more, up to a limit. Memory in use is flat from the first seconds on. Without
 * `--live`, the machine must be idle: a heap shrinks while its program gets no CPU time, and grows again later.
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { flatnessOf, growth } from "./flatness.ts";
import type { Sample } from "./soak_load.ts";

/** Maximum growth of memory, as a fraction. */
const TOLERANCE = 0.03;

/**
 * Maximum growth of memory in use by code and type feedback, which every load causes in the first minutes, in bytes.
 */
const SLACK = 512 * 1024;

/**
 * `functions` creates a new function for each task. Deno 2.9 keeps about 900 bytes of each `new Function()` until the
 * process ends, even without polyloop (48,000 functions: 49 MB in use, on Node 24: 20 MB). So this load runs only on
 * Node.
 */
const LOADS = `map,signals,${"Deno" in globalThis ? "" : "functions,"}processes,executors`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    load: { type: "string", default: LOADS },
    cycles: { type: "string", default: "2000" },
    live: { type: "boolean", default: false },
  },
});
const seconds = Number(values.minutes) * 60;
if (!(seconds > 0)) throw new RangeError(`--minutes must be a number greater than 0, got ${values.minutes}`);

const verdicts = await Promise.all(values.load.split(",").map(soak));
process.exitCode = verdicts.every(Boolean) ? 0 : 1;

async function soak(load: string): Promise<boolean> {
  const samples = await samplesOf(load);
  const { rss, live } = flatnessOf(samples);
  const counted = live ?? rss;
  const isFlat = growth(counted) <= TOLERANCE || (live !== undefined && live[1] - live[0] <= SLACK);
  const { count } = samples[samples.length - 1];
  const what = load === "executors" ? "executors" : "tasks";
  console.log(
    `${load}: ${count} ${what}; memory ${shown(rss)}${live ? `, in use ${shown(live)}` : ""}: ` +
      (isFlat ? "flat" : "it grows"),
  );
  return isFlat;
}

/** Runs a load, and prints its samples now and then. */
async function samplesOf(load: string): Promise<Sample[]> {
  const program = fileURLToPath(new URL("./soak_load.ts", import.meta.url));
  const isDeno = "Deno" in globalThis;
  const flags = isDeno ? ["run", "-A", "--quiet"] : [];
  if (values.live) flags.push(isDeno ? "--v8-flags=--expose-gc" : "--expose-gc");
  const args = [...flags, program, load, String(seconds), values.cycles];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const samples: Sample[] = [];
  for await (const line of createInterface(child.stdout)) {
    const sample = JSON.parse(line) as Sample;
    samples.push(sample);
    if (samples.length % 8 === 0) {
      const minutes = (sample.at / 60).toFixed(1);
      console.error(`${load}: ${minutes} min, ${megabytes(sample.rss)} MB, ${sample.count}`);
    }
  }
  return samples;
}

function shown(pair: [before: number, after: number]): string {
  const percent = (growth(pair) * 100).toFixed(1);
  return `${megabytes(pair[0])} → ${megabytes(pair[1])} MB (${percent} %)`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
