/**
 * Long runs over a broker while workers, Redis, the network and the producer fail. Checks that the output equals that
 * of an undisturbed run on this machine with the same flags, that each input has the same key in all its executions, that
 * rates and limits hold, that run and workers are never silent for more than ten seconds (`--silence`) while no input runs,
 * and that no key stays in Redis.
 *
 *     deno task chaos:distributed --inputs 40000 --faults 40 --seed 1
 *     deno task chaos:distributed --task slowlyTogether --flags="--batch 7 --tag"
 *     deno task chaos:distributed --task slowTree --inputs 10000 --flags="--envelope=full --max-inputs 8000"
 *     deno task chaos:distributed --task visit --flags="--rate 300/s:tokens --limit-per host=2 --retries 9"
 *     deno task chaos:distributed --worker-flags="--label fast" --broker-flags="--on fast --priority 3"
 *
 * Counts executions and output lines. The tests in `tests/distributed/` check the same for one fault at a time.
 */

import { readFileSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { Machines, TASKS } from "../../tests/distributed/machines.ts";
import { Proxy } from "../../tests/distributed/proxy.ts";
import { RedisServer } from "../../tests/distributed/redis.ts";
import { freeze } from "../../tests/distributed/machines.ts";
import type { RunningPolyloop } from "../../tests/cli/polyloop.ts";
import { bodiesOf, brokenLimits } from "./kept_limits.ts";
import { comparable } from "./comparable.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "40000" },
    faults: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    /** The faults to choose from, as in `--kinds "worker killed,producer killed"`; all by default. */
    kinds: { type: "string" },
    /**
     * A task of the tests' workers: `slowlyTogether` with `--flags="--batch 7"`; `slowTree` and `slowTwins`, whose tasks add all
     * inputs but the first; `visit`, whose inputs have the fields `host` and `tokens`, and of which a few are refused once.
     */
    task: { type: "string", default: "slowly" },
    /** Flags of the run. */
    flags: { type: "string", default: "" },
    /** Flags that only a run over a broker takes. */
    "broker-flags": { type: "string", default: "" },
    /** Flags of the workers. */
    "worker-flags": { type: "string", default: "" },
    /** How long a stopped or disconnected part stays so, in seconds: longer than a worker's lock. */
    pause: { type: "string", default: "20" },
    /** Maximum time in which no input runs and no line says why, in seconds. A busy machine needs more. */
    silence: { type: "string", default: "10" },
    /** Whether Redis keeps a log. */
    log: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const inputs = Number(values.inputs);
const pause = Number(values.pause) * 1_000;
const random = randomFrom(Number(values.seed));
let redis = await RedisServer.start({ log: values.log });
let replica = await RedisServer.start({ log: values.log });
replica.cli("replicaof", "127.0.0.1", `${redis.port}`);
// Workers and producer have separate connections, so that one side can be cut off.
const proxy = await Proxy.start(redis.port);
const producersProxy = await Proxy.start(redis.port);
const machines = new Machines(proxy.url, inputs);
const isTree = ["slowTree", "slowTwins"].includes(values.task);
const wordsOf = (text: string) => text.split(" ").filter((word) => word !== "");
const flags = wordsOf(values.flags);
process.env.POLYLOOP_TEST_TREE = values.inputs;
if (isTree) writeFileSync(machines.path("in.jsonl"), "0\n");
if (flags.includes("--tag")) process.env.POLYLOOP_TEST_PRINTS = "1";
if (values.task === "visit") {
  const inputs = machines.read("in.jsonl").split("\n").slice(0, -1).map(Number);
  const lines = inputs.map((n) => JSON.stringify({ n, host: `h${n % 9}`, tokens: 1 + n % 7 }));
  writeFileSync(machines.path("in.jsonl"), `${lines.join("\n")}\n`);
}
const journal = machines.path("run.sqlite");
/** A copy, because it is edited. */
const module = machines.path("tasks.ts");
const original = readFileSync(TASKS, "utf8");
writeFileSync(module, original);
/** The key of the run's lock, whose value is its producer's token. */
const LOCK = "polyloop:default:lock:chaos";
/** What a resumed run ends with that can be resumed again. */
const TRY_AGAIN = /has taken over the run|is a replica|takes no writes now|cannot be reached/;
const workers: (RunningPolyloop | undefined)[] = [];
/** Also those that have ended. */
const everyWorker: RunningPolyloop[] = [];
let over = false;
/** Number of workers that were killed without having been told to end. */
let kills = 0;

const run = (name: string) => [
  ...[
    "run",
    `${module}#${values.task}`,
    "-i",
    machines.path("in.jsonl"),
    "-o",
    machines.path(`${name}.jsonl`),
  ],
  ...["--stats", machines.path(`${name}.json`), "--progress", "none", ...flags],
];
/** The undisturbed run, beside the other. */
const alone = machines.start([...run("local"), "-A", "-j", "2", "-c", "12"], {
  env: { POLYLOOP_REDIS: "", POLYLOOP_TEST_RAN: machines.path("local.ran") },
});

for (const place of [0, 1, 2]) await hire(place);
machines.url = producersProxy.url;
/** All processes that the run has had, one after another. */
const producers: RunningPolyloop[] = [];
const produce = (args: string[]) => {
  const producer = machines.start(args);
  producers.push(producer);
  return producer;
};
let producer = produce([
  ...run("out"),
  ...["--journal", journal, "--run-id", "chaos"],
  ...wordsOf(values["broker-flags"]),
]);

const counts: Record<string, number> = {};
const faults: Record<string, () => Promise<void>> = {
  "worker killed": async () => {
    kill(pick());
    await wait(1_000);
  },
  "worker stopped": async () => {
    const worker = pick();
    freeze(worker, "SIGSTOP");
    await wait(pause);
    freeze(worker, "SIGCONT");
  },
  "worker told to end": async () => {
    const worker = pick();
    worker.signal("SIGTERM");
    const { code } = await worker.ended;
    // One that has not begun yet ends by the signal itself.
    if (code !== 143 && worker.said.includes("serves")) {
      fail(`a worker that was told to end ended with ${code}`);
    }
  },
  "worker told to end, then killed": async () => {
    const worker = pick();
    worker.signal("SIGTERM");
    await wait(300);
    if (worker.running) worker.signal("SIGKILL");
    await worker.ended;
  },
  "module edited": async () => {
    writeFileSync(module, `${original}// another version\n`);
    // The new worker has the other version of the module, and serves nothing of this run.
    kill(pick());
    await wait(5_000);
    writeFileSync(module, original);
    for (const worker of workers) worker?.signal("SIGTERM");
    await wait(2_000);
  },
  "writes refused": async () => {
    redis.cli("replicaof", "127.0.0.1", "1");
    await wait(pause / 2);
    redis.cli("replicaof", "no", "one");
  },
  "replicas missing": async () => {
    redis.cli("config", "set", "min-replicas-to-write", "2");
    await wait(pause / 2);
    redis.cli("config", "set", "min-replicas-to-write", "0");
  },
  "failover to the replica": async () => {
    await redis.kill();
    await wait(random() * 2_000);
    // Writes that the replica has not received are lost.
    replica.cli("replicaof", "no", "one");
    for (const way of [proxy, producersProxy]) {
      way.target = replica.port;
      way.cut();
    }
    await redis.restart();
    redis.cli("replicaof", "127.0.0.1", `${replica.port}`);
    [redis, replica] = [replica, redis];
  },
  "connections half-open": async () => {
    proxy.isDeaf = true;
    await wait(pause);
    proxy.isDeaf = false;
  },
  "connections slow": async () => {
    for (const way of [proxy, producersProxy]) way.delay = 1_000;
    await wait(pause / 2);
    for (const way of [proxy, producersProxy]) way.delay = 0;
  },
  "everything lost": async () => {
    redis.cli("flushall");
    await wait(1_000);
  },
  "Redis killed": async () => {
    await redis.kill();
    await wait(random() * 2_000);
    await redis.restart();
  },
  "Redis killed, its log cut": async () => {
    await redis.kill();
    if (values.log) redis.cutLog(0.3 + 0.7 * random());
    await redis.restart();
  },
  "network cut": async () => {
    proxy.block();
    await wait(pause);
    proxy.unblock();
  },
  "producer killed": async () => {
    producer.signal("SIGKILL");
    const { code } = await producer.ended;
    // The run may have ended just before.
    if (code === 0) return;
    const before = redis.cli("get", LOCK);
    producer = produce(["resume", journal, "--progress", "none"]);
    // If the broker is away when a run begins, the run ends with an error.
    while (producer.running && ["", before].includes(redis.cli("get", LOCK))) await wait(100);
  },
  "second producer": async () => {
    const args = [
      "run",
      `${module}#square`,
      "-i",
      machines.path("in.jsonl"),
      "-o",
      machines.path("second"),
      "--run-id",
      "chaos",
    ];
    const { code, stderr } = await machines.start(args).ended;
    // If Redis was away, or a producer was just killed, the second one may have the lock. The list of faults does not
    // contain that case. If the first one has ended, its name is free.
    if (code === 0 && producer.running) fail(`a second producer ran under the name of the first: ${stderr}`);
  },
};

let ended = false;
void (async () => {
  for (;;) {
    const mine = producer;
    const { code, stderr } = await mine.ended;
    // Another producer may have taken its place.
    await wait(100);
    if (producer !== mine) continue;
    // A log that was cut may return the run to a producer that was killed before. The user is told to resume, and is told
    // again if the broker cannot be used at that moment.
    const wasCut = counts["Redis killed, its log cut"] > 0 && counts["producer killed"] > 0;
    const isResumable = wasCut && code === 4 && TRY_AGAIN.test(stderr);
    const killed = code === 1 ? metThreeKills(stderr) : 0;
    if (!isResumable && killed === 0) break;
    if (killed > 0) {
      console.log(`${killed} inputs failed because each of their three workers was killed; run again`);
    }
    await wait(1_000);
    producer = produce([
      "resume",
      journal,
      "--progress",
      "none",
      ...killed > 0 ? ["--retry-failed"] : [],
    ]);
  }
  ended = true;
})();
const names = values.kinds === undefined ? Object.keys(faults) : values.kinds.split(",");
const silences: string[] = [];
let fault = "none";
watchSilence();
// If the broker is away when a run begins, the run ends with an error.
await machines.haveRun(1);
for (let number = 0; number < Number(values.faults) && !ended; number++) {
  await wait(500 + random() * 3_000);
  if (ended) break;
  const name = names[Math.floor(random() * names.length)];
  console.log(`${machines.executions().all} executions; ${name}`);
  counts[name] = (counts[name] ?? 0) + 1;
  fault = name;
  await faults[name]();
}
while (!ended) await wait(100);
const last = await producer.ended;
over = true;
if (last.code !== 0) fail(`the run ended with ${last.code}:\n${last.stderr}`);
const { code, stderr } = await alone.ended;
if (code !== 0) fail(`the run on this machine ended with ${code}:\n${stderr}`);
const distinct =
  new Set(machines.read("local.ran").split("\n").slice(0, -1).map((line) => line.split(" ")[0])).size;
const [expected, output] = ["local", "out"].map((name) => comparable(machines.read(`${name}.jsonl`), flags));
const lines = output.length;
const { all, inputs: ran, oneKeyEach } = machines.executions();
if (output.join("\n") !== expected.join("\n")) {
  const at = expected.findIndex((line, at) => line !== output[at]);
  fail(
    `the output is not that of a run here: ${lines} and ${expected.length} lines; ${expected[at]} is ${
      output[at]
    }`,
  );
}
if (ran < distinct) fail(`${ran} of ${distinct} inputs were run`);
// With --revisit, an input has a key for each of its visits.
if (!oneKeyEach && !flags.includes("--revisit")) {
  fail(`an input was run under two keys: ${doubleKeys().join(", ")}`);
}
const [sums, ours] = ["local", "out"].map((name) =>
  JSON.stringify(JSON.parse(machines.read(`${name}.json`)).counts)
);
if (sums !== ours) fail(`the sums are ${ours}, and ${sums} in a run here`);
const limits = values.task === "visit"
  ? brokenLimits(flags, bodiesOf(machines.read("ran.bodies")), pause)
  : { broken: [], most: [] };
if (limits.broken.length > 0) fail(limits.broken.join("; "));
if (flags.includes("--tag") && values.task === "visit") {
  const said = [...producers, ...everyWorker].map(({ said }) => said).join("");
  const missing = Array.from({ length: inputs }, (_, n) => n).filter((n) => !said.includes(`visit ${n}.`));
  console.log(`--tag: ${missing.length} of ${inputs} inputs have no printed line`);
}
over = true;
for (const worker of workers) worker?.signal("SIGTERM");
await Promise.all(workers.map((worker) => worker?.ended));
// Keys that expire within an hour may still exist, but no key may stay for ever.
const kept = redis.cli("--scan").split("\n").filter((key) => {
  const seconds = key === "" ? 0 : Number(redis.cli("ttl", key));
  return seconds === -1 || seconds > 3_600;
});
if (silences.length > 0) fail(`nobody said anything: ${silences.join("; ")}`);
if (kept.length > 0) fail(`keys are left: ${kept.join(" ")}`);
console.log(
  `${inputs} inputs, ${lines} output lines, identical; ${all} executions, ${all - lines} more than once; ` +
    limits.most.map((what) => `${what}; `).join("") +
    Object.entries(counts).map(([name, count]) => `${name} ${count}×`).join(", "),
);
await cleanUp();

/** Starts a worker, and another one in its place whenever it ends. */
async function hire(place: number): Promise<void> {
  const worker = workers[place] = machines.start(
    ["worker", module, "-A", "-j", "1", "-c", "8", ...wordsOf(values["worker-flags"])],
    { env: { POLYLOOP_REDIS: proxy.url } },
  );
  everyWorker.push(worker);
  void worker.ended.then(async () => {
    if (over) return;
    await wait(500);
    await hire(place);
  });
  await worker.says("serves").catch(() => {});
}

/** Returns the executions of inputs that were run under more than one key. */
function doubleKeys(): string[] {
  const lines = [...new Set(machines.read("ran").split("\n").slice(0, -1))];
  const inputs = lines.map((line) => line.split(" ")[0]);
  return lines.filter((_, at) => inputs.indexOf(inputs[at]) !== inputs.lastIndexOf(inputs[at])).slice(0, 10);
}

/** Records when no input runs and neither the run nor a worker says why. */
function watchSilence(): void {
  let last = "";
  let since = performance.now();
  const timer = setInterval(() => {
    if (over) return clearInterval(timer);
    const now = [producer, ...workers].map((one) => one?.said.length).join(" ") +
      statSync(machines.path("ran")).size;
    const silent = (performance.now() - since) / 1_000;
    if (now === last) return;
    if (silent > Number(values.silence)) {
      silences.push(`${silent.toFixed(1)} s, last fault: ${fault}`);
      console.log(`silent for ${silences.at(-1)}`);
    }
    [last, since] = [now, performance.now()];
  }, 500);
}

/**
 * Returns the number of inputs that failed as culprits, if kills explain all failures of the run: each kill ends at most one input that
 * runs alone, and the first two of an input do not. Otherwise 0.
 */
function metThreeKills(stderr: string): number {
  const failures = stderr.match(/^line \d+: .*$/gm) ?? [];
  return failures.every((line) => line.includes("WorkerLostError")) && failures.length <= kills - 2
    ? failures.length
    : 0;
}

function kill(worker: RunningPolyloop): void {
  kills++;
  worker.signal("SIGKILL");
}

function pick(): RunningPolyloop {
  const alive = workers.filter((worker) => worker?.running) as RunningPolyloop[];
  return alive[Math.floor(random() * alive.length)];
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function cleanUp(): Promise<void> {
  over = true;
  await machines[Symbol.asyncDispose]();
  for (const way of [proxy, producersProxy]) way[Symbol.dispose]();
  for (const server of [redis, replica]) await server[Symbol.asyncDispose]();
}

function fail(why: string): never {
  console.error(`chaos: ${why}`);
  cleanUp().finally(() => Deno.exit(1));
  throw new Error(why);
}
