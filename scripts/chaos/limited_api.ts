/**
 * A long run against an API that limits requests and tokens per sliding window and fails in every way: 429 with both forms of
 * Retry-After, 500, answers that never come, broken JSON. SIGKILL ends the run at random moments, and each time it is resumed. No
 * input may be lost, the server must never see more than its limits, and the sums must equal the server's ledger.
 *
 *     deno task chaos:api --inputs 5000 --kills 10 --seed 1
 *     deno task chaos:api --inputs 2000 --kills 4 --servers 3     over a broker, of whose workers each kill ends one as well
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { RedisServer } from "../../tests/distributed/redis.ts";
import { Folder, runFor, startServers } from "./killed_runs.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "5000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    isolation: { type: "string", default: "thread" },
    /** Number of workers of a broker; 0 for none. */
    servers: { type: "string", default: "0" },
    requests: { type: "string", default: "100" },
    tokens: { type: "string", default: "5000" },
  },
});
const [INPUTS, KILLS] = [Number(values.inputs), Number(values.kills)];
/** The limits of the server: requests and tokens per second. */
const LIMITS = { requests: Number(values.requests), tokens: Number(values.tokens) };
const WINDOW = 1_000;
const random = randomFrom(Number(values.seed));
const folder = new Folder("chaos");
const path = (name: string) => folder.file(name);

/** A request as the server saw it. */
interface Arrival {
  at: number;
  tokens: number;
}

/** What the server answered, by kind. */
const answers = { ok: 0, limited: 0, busy: 0, failed: 0, hung: 0, broken: 0 };
/** The tokens of each input that was answered well, and of how many good answers. */
const ledger = new Map<number, number>();
const arrivals: Arrival[] = [];
let [recent, recentTokens] = [0, 0];
let most = { requests: 0, tokens: 0 };
/** Until when the server refuses everything. */
let busyUntil = 0;
let tooEarly = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url!, "http://127.0.0.1");
  answer(Number(url.searchParams.get("id")), Number(url.searchParams.get("tokens")), response);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

writeFileSync(
  path("task.ts"),
  `export default async function ({ id, tokens }, { signal, count }) {
  const response = await fetch(\`http://127.0.0.1:${port}/?id=\${id}&tokens=\${tokens}\`, { signal });
  if (!response.ok) {
    await response.body?.cancel();
    const retryAfter = response.headers.get("retry-after") ?? undefined;
    throw Object.assign(new Error(\`status \${response.status}\`), { retryAfter });
  }
  const { cost } = await response.json();
  count("tokens", cost);
  count("usd", cost * 0.0001);
  return { id, cost };
}
`,
);
const inputs = Array.from({ length: INPUTS }, (_, id) => ({ id, tokens: 1 + Math.floor(random() * 90) }));
writeFileSync(path("in"), inputs.map((input) => `${JSON.stringify(input)}\n`).join(""));

const workerFlags = ["--isolation", values.isolation, "--allow-net=127.0.0.1", "-c", "64"];
const options = [
  ...["--retries", "20", "--backoff", "50ms..500ms", "--timeout", "2s"],
  ...["--rate", `${LIMITS.requests}/s`, "--rate", `${LIMITS.tokens}/s:tokens`],
  ...["-i", path("in"), "-o", path("out"), "--stats", path("stats"), "--progress", "none"],
];
const broker = Number(values.servers) > 0 ? await RedisServer.start() : undefined;
if (broker) Deno.env.set("POLYLOOP_REDIS", broker.url);
else options.push(...workerFlags);
const servers = startServers(Number(values.servers), [path("task.ts"), ...workerFlags, "--lock", "3s"]);
let args = ["run", path("task.ts"), ...options, "--journal", path("run.sqlite")];
let kills = 0;
for (;;) {
  // A run takes as long as the limits say. The kills are spread over it.
  const seconds = Math.max(INPUTS / LIMITS.requests, (INPUTS * 45) / LIMITS.tokens);
  const ms = kills < KILLS ? 800 + (random() * 2_000 * seconds) / KILLS : Infinity;
  const code = await runFor(args, ms);
  if (code === 0) break;
  if (code !== undefined) fail(`the run ended with code ${code}`);
  kills++;
  servers.killOne();
  // If it was killed before it had begun, the run must be started again.
  if (answers.ok > 0) args = ["resume", path("run.sqlite"), "--progress", "none"];
}
server.closeAllConnections();
server.close();
await servers.end();
await broker?.[Symbol.asyncDispose]();

const lines = readFileSync(path("out"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
if (lines.length !== INPUTS) fail(`${lines.length} results for ${INPUTS} inputs`);
lines.forEach(({ id, cost }, at) => {
  if (id !== at || cost !== costOf(at)) fail(`result ${at} is ${JSON.stringify({ id, cost })}`);
  if (!ledger.has(at)) fail(`input ${at} has a result and no entry in the ledger`);
});
const { counts, spent } = JSON.parse(readFileSync(path("stats"), "utf8"));
const once = inputs.reduce((sum, { id }) => sum + costOf(id), 0);
const all = [...ledger].reduce((sum, [id, times]) => sum + costOf(id) * times, 0);
if (counts.tokens !== once) fail(`the outcomes' sum is ${counts.tokens} tokens, and the ledger's ${once}`);
// A kill takes along what attempts have counted since the journal was last written.
const least = kills === 0 ? all : once;
if (spent.tokens < least || spent.tokens > all) {
  fail(`what was spent is ${spent.tokens} tokens, and must be between ${least} and ${all}`);
}
if (most.requests > LIMITS.requests) fail(`${most.requests} requests in a second`);
if (most.tokens > LIMITS.tokens) fail(`${most.tokens} tokens in a second`);
console.log(
  `${INPUTS} inputs, ${kills} kills: no input lost; at most ${most.requests} of ${LIMITS.requests} requests and ` +
    `${most.tokens} of ${LIMITS.tokens} tokens in a second; ${tooEarly} requests during a Retry-After; ` +
    `sums ${counts.tokens} and ${spent.tokens} of ${once} and ${all} in the ledger; answers ${
      JSON.stringify(answers)
    }`,
);
await folder.remove();

/** Answers one request, mostly well. */
function answer(id: number, tokens: number, response: ServerResponse): void {
  const now = performance.now();
  arrivals.push({ at: now, tokens });
  [recent, recentTokens] = [recent + 1, recentTokens + tokens];
  while (arrivals[0].at <= now - WINDOW) {
    const { tokens } = arrivals.shift()!;
    [recent, recentTokens] = [recent - 1, recentTokens - tokens];
  }
  most = { requests: Math.max(most.requests, recent), tokens: Math.max(most.tokens, recentTokens) };
  if (now < busyUntil) {
    tooEarly++;
    return limited(response);
  }
  if (recent > LIMITS.requests || recentTokens > LIMITS.tokens) {
    answers.limited++;
    return limited(response);
  }
  const chance = random();
  if (chance < 0.003) {
    answers.busy++;
    busyUntil = now + 1_000;
    return limited(response);
  }
  if (chance < 0.02) {
    answers.failed++;
    response.writeHead(500).end("no");
  } else if (chance < 0.023) answers.hung++;
  else if (chance < 0.03) {
    answers.broken++;
    response.end('{"cost": ');
  } else {
    answers.ok++;
    ledger.set(id, (ledger.get(id) ?? 0) + 1);
    setTimeout(() => response.end(JSON.stringify({ cost: costOf(id) })), 5 + random() * 40);
  }
}

/** Refuses a request for a second, in one of the two forms. */
function limited(response: ServerResponse): void {
  const inSeconds = random() < 0.5;
  // A date has whole seconds, so it is rounded up.
  const date = new Date(Math.ceil((Date.now() + 1_000) / 1_000) * 1_000).toUTCString();
  response.writeHead(429, { "retry-after": inSeconds ? "1" : date }).end();
}

/** What an answer costs: not exactly what was asked for. */
function costOf(id: number): number {
  return inputs[id].tokens + (id % 7);
}

function fail(why: string): never {
  return folder.fail(`${why}; answers ${JSON.stringify(answers)}`);
}
