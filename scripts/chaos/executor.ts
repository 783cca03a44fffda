/**
 * Runs many chaotic tasks on one executor after another. Afterwards no worker, timer, lock or child process may be
 * left. Each isolation runs in a separate program, which must end by itself.
 *
 *     deno run -A scripts/chaos/executor.ts --tasks 100000 --seed 1
 */

import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Isolation } from "../../mod.ts";
import { chaos, type Ends } from "./mix.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    isolation: { type: "string" },
    tasks: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
  },
});
if (!values.isolation) Deno.exit(await eachIsolation());

const timers = countTimers();
const tasks = Number(values.tasks);
const seed = Number(values.seed);
const random = randomFrom(seed);
const ends: Ends = {};
let executors = 0;
for (let done = 0; done < tasks; executors++) {
  const some = Math.min(tasks - done, 1_000 + Math.floor(random() * 9_000));
  const more = await chaos(values.isolation as Isolation, some, seed * 1_000 + executors);
  for (const [name, count] of Object.entries(more)) ends[name] = (ends[name] ?? 0) + count;
  // Inputs of a map that was stopped, cancelled or closed early never became tasks.
  done += some - (more.dropped ?? 0);
}
delete ends.dropped;
console.log(
  `${values.isolation}: ${tasks} tasks on ${executors} executors settled once each:`,
  ends,
);

// The runtime frees the resources of a terminated thread a little later, and a cancellation may still be waiting.
const left = () => ({ timers: timers.size, locks: 0, children: children().length });
const deadline = Date.now() + 5_000;
let rest = await withLocks(left());
while (Object.values(rest).some((count) => count > 0) && Date.now() < deadline) {
  await new Promise((resolve) => timers.plain(resolve, 50));
  rest = await withLocks(left());
}
console.log("left:", rest);
if (Object.values(rest).some((count) => count > 0)) Deno.exit(1);

/** Returns the exit code of the first isolation that fails. */
async function eachIsolation(): Promise<number> {
  for (const isolation of ["none", "thread", "process"]) {
    const args = ["run", "-A", import.meta.filename!, "--isolation", isolation, ...Deno.args];
    const child = new Deno.Command(Deno.execPath(), { args }).spawn();
    const { code } = await child.status;
    if (code !== 0) return code;
  }
  return 0;
}

async function withLocks(rest: ReturnType<typeof left>) {
  // Deno's types do not include it yet.
  const { locks } = navigator as unknown as { locks: { query(): Promise<{ held: []; pending: [] }> } };
  const { held, pending } = await locks.query();
  return { ...rest, locks: held.length + pending.length };
}

/** Returns the child processes of this process that still exist. */
function children(): string[] {
  const list = `/proc/self/task/${Deno.pid}/children`;
  return existsSync(list) ? readFileSync(list, "utf8").split(" ").filter(Boolean) : [];
}

/** Replaces the timers of this thread by timers that are counted. */
function countTimers() {
  const active = new Set<unknown>();
  const { setTimeout: plain, clearTimeout: clear, setInterval: every, clearInterval: clearEvery } =
    globalThis;
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    const timer = plain(() => {
      active.delete(timer);
      run();
    }, ms);
    active.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    active.delete(timer);
    clear(timer);
  };
  globalThis.setInterval = ((run: () => void, ms?: number) => {
    const timer = every(run, ms);
    active.add(timer);
    return timer;
  }) as typeof setInterval;
  globalThis.clearInterval = (timer) => {
    active.delete(timer);
    clearEvery(timer);
  };
  return Object.assign(active, { plain });
}
