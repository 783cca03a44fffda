/**
 * Kills a worker in the middle of a run, for many values of `--lock`, four at a time. The run must end with all outputs, at most
 * a lock, a third of it and ten seconds after another worker serves.
 *
 *     deno task chaos:locks              the odd numbers of seconds from 1 to 59
 *     deno task chaos:locks 2500ms 7s    these values
 */

import { Machines } from "../../tests/distributed/machines.ts";
import { RedisServer } from "../../tests/distributed/redis.ts";
import { parseDuration } from "../../lib/cli/flags/values/amounts.ts";

const ODD = Array.from({ length: 30 }, (_, number) => `${2 * number + 1}s`);
/** Time that a look of the producer and a busy machine may take, in milliseconds. */
const SLACK = 10_000;

const locks = Deno.args.length > 0 ? [...Deno.args] : ODD;
await using redis = await RedisServer.start();
const late: string[] = [];
await Promise.all([1, 2, 3, 4].map(async () => {
  for (let lock = locks.shift(); lock !== undefined; lock = locks.shift()) await killOne(lock);
}));
if (late.length > 0) {
  console.error(`locks: too late: ${late.join(", ")}`);
  Deno.exitCode = 1;
}

async function killOne(lock: string): Promise<void> {
  await using machines = new Machines(redis.url, 40);
  const place = ["--lock", lock, "--queue", `lock-${lock}`];
  const first = await machines.worker(...place);
  const run = machines.run("block", "--timeout", "1m", "--queue", `lock-${lock}`, "--progress", "none");
  await machines.haveRun(2);
  first.signal("SIGKILL");
  await machines.worker(...place);
  const since = performance.now();
  const { code } = await run.ended;
  const ms = performance.now() - since;
  const lines = machines.read("out.jsonl");
  const isWhole = code === 0 && lines === Array.from({ length: 40 }, (_, n) => `${n}\n`).join("");
  console.log(
    `--lock ${lock}: ${isWhole ? "exact" : `WRONG, exit code ${code}`} after ${(ms / 1_000).toFixed(1)} s`,
  );
  if (!isWhole || ms > parseDuration(lock)! * 4 / 3 + SLACK) late.push(lock);
}
