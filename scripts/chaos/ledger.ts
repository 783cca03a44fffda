/**
 * A run against an API that fails, whose SIGKILLs at random moments are followed by `resume`. The API keeps a ledger of the tokens
 * that it has charged. At the end, the sums of `context.count` must agree with it: each input counts once, and what was spent
 * is all that was charged, but for attempts that a SIGKILL took along.
 *
 *     deno task chaos:ledger --inputs 5000 --kills 10 --seed 1
 */

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "5000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    isolation: { type: "string", default: "thread" },
  },
});
const [inputs, kills] = [Number(values.inputs), Number(values.kills)];
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const random = randomFrom(Number(values.seed));
const folder = await Deno.makeTempDir({ prefix: "polyloop-ledger-" });
const path = (name: string) => join(folder, name);

/** What the API charges for an input: the same for each request. */
const priceOf = (n: number) => n % 97 + 1;

const ledger = { requests: 0, failed: 0, charged: 0, last: new Map<number, number>() };
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const n = await request.json() as number;
  const fate = random();
  ledger.requests++;
  await new Promise((resolve) => setTimeout(resolve, 5 + random() * 30));
  // Nothing is charged for an answer that never comes.
  if (fate < 0.004) return await new Promise<Response>(() => {});
  ledger.charged += priceOf(n);
  const headers = { "x-tokens": String(priceOf(n)) };
  if (fate < 0.3) ledger.failed++;
  if (fate < 0.15) return new Response("busy", { status: 503, headers });
  if (fate < 0.3) return new Response('{"n":', { headers });
  ledger.last.set(n, priceOf(n));
  return Response.json({ n }, { headers });
});

writeFileSync(
  path("task.ts"),
  `export default async function (n: number, { signal, count }: any) {
  const response = await fetch("http://127.0.0.1:${server.addr.port}", { method: "POST", body: String(n), signal });
  const tokens = Number(response.headers.get("x-tokens"));
  count("tokens", tokens);
  count("usd", tokens * 1000 / 1e6);
  if (!response.ok) throw new Error("HTTP " + response.status);
  return await response.json();
}
`,
);
writeFileSync(path("in"), Array.from({ length: inputs }, (_, n) => `${n}\n`).join(""));

const options = [
  ...["-A", "-c", "16", "--isolation", values.isolation, "-i", path("in"), "-o", path("out")],
  ...["--retries", "30", "--backoff", "1ms..20ms", "--timeout", "5s", "--stats", path("stats")],
];
let args = ["run", path("task.ts"), ...options, "--journal", path("run.sqlite"), "--progress", "none"];
let killed = 0;
for (;;) {
  const code = await runFor(args, killed < kills ? 500 + random() * 1_500 : Infinity);
  if (code === 0) break;
  if (code !== undefined) fail(`the run ended with code ${code}`);
  killed++;
  if (statSync(path("run.sqlite"), { throwIfNoEntry: false })?.size) {
    args = ["resume", path("run.sqlite"), "--progress", "none"];
  }
}

const { counts, spent } = JSON.parse(readFileSync(path("stats"), "utf8"));
const owed = [...ledger.last.values()].reduce((sum, tokens) => sum + tokens, 0);
const expected = Array.from({ length: inputs }, (_, n) => `{"n":${n}}\n`).join("");
if (readFileSync(path("out"), "utf8") !== expected) fail("inputs are lost, or their results are wrong");
check("tokens of outcomes", counts.tokens, owed);
check("usd of outcomes", counts.usd, owed / 1_000);
check("usd of all attempts", spent.usd, spent.tokens / 1_000);
if (killed === 0) check("tokens of all attempts", spent.tokens, ledger.charged);
else if (spent.tokens < owed || spent.tokens > ledger.charged) {
  fail(`tokens of all attempts are ${spent.tokens}, which must be from ${owed} to ${ledger.charged}`);
}
console.log(
  `${inputs} inputs, ${killed} kills, ${ledger.requests} requests, ${ledger.failed} of them failed: ${counts.tokens} tokens of ` +
    `outcomes, as in the ledger; ${spent.tokens} of all attempts, ${ledger.charged} charged`,
);
await Deno.remove(folder, { recursive: true });
// The server would wait for the answers that never come.
Deno.exit(0);

/** Resolves with the exit code; undefined if the process was killed after `ms` milliseconds. */
async function runFor(args: string[], ms: number): Promise<number | undefined> {
  const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", CLI, ...args] }).spawn();
  const timer = ms === Infinity ? undefined : setTimeout(() => child.kill("SIGKILL"), ms);
  const { code, signal } = await child.status;
  clearTimeout(timer);
  return signal === "SIGKILL" ? undefined : code;
}

function check(what: string, found: number, wanted: number): void {
  if (found !== wanted) fail(`${what} are ${found}, but the ledger has ${wanted}`);
}

function fail(why: string): never {
  console.error(`${why}; everything is in ${folder}`);
  Deno.exit(1);
}
