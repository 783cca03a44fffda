/**
 * Runs over a broker whose primary is killed again and again, while another server takes over: found by Sentinel, or in a cluster.
 * Checks that each input has one line in the output, and ran under one key.
 *
 *     deno task chaos:failover --of sentinel --inputs 40000 --faults 3
 *     deno task chaos:failover --of cluster --task slowlyTogether --flags="--batch 7 --rate 40/s --unordered"
 */

import { parseArgs } from "node:util";
import { failOver, type FailoverGroup, RedisCluster, Sentinel } from "../../tests/distributed/groups.ts";
import { Machines } from "../../tests/distributed/machines.ts";
import { comparable } from "./comparable.ts";

const { values } = parseArgs({
  options: {
    of: { type: "string", default: "sentinel" },
    inputs: { type: "string", default: "40000" },
    /** How often the primary is killed. */
    faults: { type: "string", default: "3" },
    /** `slowly`, or `slowlyTogether` with `--flags="--batch 7"`. */
    task: { type: "string", default: "slowly" },
    /** Flags of the run. */
    flags: { type: "string", default: "" },
  },
});
const inputs = Number(values.inputs);
const faults = Number(values.faults);
await using group: FailoverGroup = values.of === "cluster"
  ? await RedisCluster.start({ replicas: true })
  : await Sentinel.start();
await using machines = new Machines(group.url, inputs);
const workers = [await machines.worker(), await machines.worker()];
const flags = values.flags.split(" ").filter((flag) => flag !== "");
const run = machines.run(values.task, "--progress", "none", ...flags);
let hasEnded = false;
void run.ended.then(() => hasEnded = true);
let done = 0;
for (; done < faults && !hasEnded; done++) {
  await machines.haveRun(Math.floor(inputs * (done + 1) / (faults + 2)));
  await failOver(group);
  console.log(`${machines.executions().all} executions; failover ${done + 1}`);
}
const { code, stderr } = await run.ended;
for (const worker of workers) worker.signal("SIGTERM");
await Promise.all(workers.map(({ ended }) => ended));
const { all, inputs: ran, oneKeyEach } = machines.executions();
const isExact = code === 0 &&
  linesOf(machines.read("out.jsonl")) === linesOf(machines.expected) && ran === inputs &&
  oneKeyEach;
if (!isExact) {
  console.log([stderr, ...workers.map(({ said }) => said)].join("\n"));
}
console.log(
  `${values.of}: ${inputs} inputs, ${done} failovers, exit code ${code}, output ${
    isExact ? "identical" : "WRONG"
  }; ` +
    `${all} executions, ${all - inputs} more than once`,
);
if (!isExact || done < faults) Deno.exitCode = 1;

function linesOf(output: string): string {
  return comparable(output, flags).join("\n");
}
