/** The flags about a broker and workers on other machines. */

import { duration, whole } from "../values/amounts.ts";
import { file } from "../values/files.ts";
import { address, brokerUrl, keyPrefix, labels, name, yes } from "../values/texts.ts";
import { flag } from "../flag.ts";

const BROKER = { in: ["run", "resume", "worker", "top"], topic: "brokers", found: "broker" } as const;

export const MACHINES = {
  redis: flag("--redis <URL>", brokerUrl(), "Use this broker; a password needs POLYLOOP_REDIS", {
    ...BROKER,
    more:
      "A URL with a password is refused on the command line, because ps would show it. Set the environment variable " +
      "POLYLOOP_REDIS to it instead.",
  }),
  redisCa: flag("--redis-ca <FILE>", file(), "Trust this CA for the broker's certificate", BROKER),
  redisCert: flag(
    "--redis-cert <FILE>",
    file(),
    "Present this client certificate; needs --redis-key",
    BROKER,
  ),
  redisKey: flag("--redis-key <FILE>", file(), "Use this private key of --redis-cert", BROKER),
  queue: flag("--queue <NAME>", name(), "Use this queue of the broker", {
    ...BROKER,
    default: "default",
  }),
  redisPrefix: flag("--redis-prefix <NAME>", keyPrefix(), "Begin keys in Redis with NAME", {
    ...BROKER,
    default: "polyloop",
    more:
      "For a user of the broker that may use only such keys. All runs and workers of a queue need the same NAME.",
  }),
  runId: flag("--run-id <NAME>", name(), "Name the run; only one process can have it at a time", {
    ...BROKER,
    in: ["run"],
    topic: "machines",
  }),
  on: flag("--on <LABEL>", labels(), "Use only workers with this label", {
    in: ["run", "resume"],
    isRepeatable: true,
    topic: "machines",
    more: "Of several labels, a worker needs all.",
  }),
  priority: flag("--priority <N>", whole(), "Go before runs with a lower N", {
    in: ["run", "resume"],
    topic: "machines",
    default: "0",
    more: "While its inputs wait, runs with a lower N on its queue send nothing to its workers.",
  }),
  waitWorkers: flag("--wait-workers <TIME>", duration(1_000), "Give up after TIME without a worker", {
    in: ["run", "resume"],
    topic: "machines",
    more: "It counts while no worker has the run's module and the labels of --on. The exit code is 4.",
  }),
  label: flag("--label <LABEL>", labels(), "Serve also runs with --on LABEL", {
    in: ["worker"],
    isRepeatable: true,
    topic: "machines",
  }),
  lock: flag("--lock <TIME>", duration(1_000), "Give up a silent worker after TIME", {
    in: ["worker"],
    topic: "machines",
    filled: "15s",
  }),
  idleExit: flag("--idle-exit <TIME>", duration(1_000), "End the worker after TIME without work", {
    in: ["worker"],
    topic: "machines",
    more: "The exit code is 0.",
  }),
  exitWithRun: flag("--exit-with-run", yes(), "End the worker when its run has ended", {
    in: ["worker"],
    topic: "machines",
    more: "It waits for a first run, and a minute for polyloop resume of a killed one. The exit code is 0.",
  }),
  metrics: flag("--metrics <ADDRESS>", address(), "Serve Prometheus /metrics at ADDRESS, as in :9400", {
    in: ["worker"],
    topic: "machines",
    more: "/livez tells whether the worker lives, and /readyz whether it takes inputs, as Kubernetes asks.",
  }),
};
