/** The files for deploying name only flags, metrics, paths and exit codes that there are, and times that are long enough. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseArgs } from "../../../lib/cli/flags/args.ts";
import { duration } from "../../../lib/cli/flags/values/amounts.ts";
import { ExitCode } from "../../../lib/cli/run/exit_code.ts";
import { MOST_LEAVING } from "../../../lib/distributed/server/server.ts";
import { Machines } from "../../distributed/machines.ts";
import { RedisServer } from "../../distributed/redis.ts";
import { wordCount } from "./tasks.ts";

const HERE = fileURLToPath(new URL("./", import.meta.url));

/** The files, without their comments. */
const FILES = readdirSync(HERE).filter((name) => !/\.(ts|md)$/.test(name));
const text = (name: string) => readFileSync(join(HERE, name), "utf8").replaceAll(/^\s*#.*$/gm, "");

const COMMANDS = "run|resume|status|worker|top";

/** The arguments of each call of the command in a file: in arrays of JSON, and in lines of a shell or of systemd. */
function callsIn(name: string): string[][] {
  const arrays = [...text(name).matchAll(/\[("(?:[^"\\]|\\.)*"(?:, )?)+\]/g)].map(([all]) => JSON.parse(all));
  const lines = [
    ...text(name).matchAll(new RegExp(String.raw`polyloop ((?:${COMMANDS}) [^;>\n]*)`, "g")),
  ];
  return [
    ...arrays.filter(([first]) => new RegExp(`^(${COMMANDS})$`).test(first)),
    ...lines.map(([, words]) => words.trim().split(/\s+/)),
  ];
}

test("each command line in them is valid", () => {
  const calls = FILES.flatMap((name) => callsIn(name).map((args) => ({ name, args })));
  // A call that is not found is not checked.
  const found = (name: string) => calls.filter((call) => call.name === name).map(({ args }) => args[0]);
  expect(Object.fromEntries(FILES.map((name) => [name, found(name).sort()]))).toMatchObject({
    "Dockerfile": ["worker"],
    "compose.yaml": ["resume", "run", "status", "top", "worker"],
    "kubernetes.yaml": ["resume", "run", "status", "worker"],
    "polyloop-worker.service": ["worker"],
  });
  for (const { name, args } of calls) {
    const command = parseArgs(args);
    expect(command.kind, `${name}: ${JSON.stringify(command)}`).toBe(args[0]);
  }
});

test("a worker gets enough time to end, and the exit codes are those of the command", () => {
  const { compose, kubernetes, service } = {
    compose: text("compose.yaml"),
    kubernetes: text("kubernetes.yaml"),
    service: text("polyloop-worker.service"),
  };
  const grace = [
    .../stop_grace_period: (\d+)s/g[Symbol.matchAll](compose),
    .../terminationGracePeriodSeconds: (\d+)/g[Symbol.matchAll](kubernetes),
    .../TimeoutStopSec=(\d+)/g[Symbol.matchAll](service),
  ].map(([, seconds]) => Number(seconds) * 1_000);
  expect(grace).toHaveLength(5);
  const timeouts = [...`${compose}${kubernetes}`.matchAll(/--timeout (\S+)/g)].map(([, time]) =>
    Number(duration(1).check(time))
  );
  expect(timeouts).toHaveLength(2);
  const gracePeriod = 5_000;
  for (const time of grace) {
    expect(time).toBeGreaterThan(Math.max(...timeouts) + gracePeriod + MOST_LEAVING);
  }
  const { failures, nothingRan, halted, deadline } = ExitCode;
  expect(kubernetes).toContain(`values: [${[failures, nothingRan, halted, deadline].join(", ")}]`);
  expect(service).toContain(`SuccessExitStatus=${ExitCode.SIGTERM}\n`);
  expect(service).toContain(`RestartPreventExitStatus=${nothingRan}\n`);
});

test("a worker answers all paths and has all metrics that they name, and drains on SIGTERM", async () => {
  await using redis = await RedisServer.start();
  await using machines = new Machines(redis.url, 1);
  const worker = await machines.worker("--metrics", "127.0.0.1:0");
  await worker.says("/metrics\n");
  const origin = /metrics on (\S+)\/metrics/.exec(worker.said)![1];
  const run = machines.run("hold", "--timeout", "1m");
  await machines.haveRun(1);
  const statusOf = async (path: string) => {
    const response = await fetch(`${origin}${path}`);
    await response.body?.cancel();
    return response.status;
  };
  const paths = FILES.flatMap((name) => [...text(name).matchAll(/httpGet: \{ ?path: ([^,]+),/g)]).map((
    [, path],
  ) => path);
  expect(new Set(paths)).toEqual(new Set(["/livez", "/readyz"]));
  for (const path of paths) expect(await statusOf(path), path).toBe(200);
  const figures = async () => await (await fetch(`${origin}/metrics`)).text();
  let metrics = await figures();
  // A run tells its figures every two seconds.
  while (!/^polyloop_backlog_inputs\{.*\} 1$/m.test(metrics)) metrics = await figures();
  const known = new Set([...metrics.matchAll(/^# TYPE (\S+) /gm)].map(([, metric]) => metric));
  expect([...known].filter((metric) => metric.startsWith("bullmq_"))).not.toEqual([]);
  for (const name of [...FILES, "README.md"]) {
    const named = [...readFileSync(join(HERE, name), "utf8").matchAll(/\b(?:polyloop|bullmq)_\w+/g)];
    expect(named.map(([metric]) => metric).filter((metric) => !known.has(metric)), name).toEqual([]);
  }
  worker.signal("SIGTERM");
  await worker.says("draining");
  expect(await statusOf("/readyz")).toBe(503);
  expect(await statusOf("/livez")).toBe(200);
  machines.release();
  expect((await worker.ended).code).toBe(ExitCode.SIGTERM);
  expect((await run.ended).code).toBe(0);
});

test("their task counts the words of a page", async () => {
  const { signal } = new AbortController();
  const url = "data:text/plain,one%20two%20%20three";
  expect(await wordCount(url, { signal })).toEqual({ url, words: 3 });
});
