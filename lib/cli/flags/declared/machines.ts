/**
 * The flags about a broker and workers on other machines.
 *
 * @module
 */

import { address, brokerUrl, duration, file, name } from "../values.ts";
import { flag } from "../flag.ts";

const BROKER = { in: ["run", "resume", "worker", "top"], topic: "machines", found: "broker" } as const;

/** The flags of brokers, by the names of their options. */
export const MACHINES = {
  redis: flag("--redis <URL>", brokerUrl(), "URL of the broker; with a password: POLYLOOP_REDIS", {
    ...BROKER,
    more: "redis://HOST:PORT, rediss://HOST:PORT for TLS or unix:///PATH for a socket; /3 at the end is " +
      "database 3. A URL with a password is refused on the command line, where ps would show it: set the " +
      "environment variable POLYLOOP_REDIS instead.",
  }),
  redisCa: flag("--redis-ca <FILE>", file(), "CA of the broker's certificate", BROKER),
  redisCert: flag("--redis-cert <FILE>", file(), "Certificate of this client, with --redis-key", BROKER),
  redisKey: flag("--redis-key <FILE>", file(), "Key of --redis-cert", BROKER),
  queue: flag("--queue <NAME>", name(), "Queue of the runs and workers", {
    ...BROKER,
    default: "default",
  }),
  runId: flag("--run-id <NAME>", name(), "Name of the run, which has one producer at a time", {
    ...BROKER,
    in: ["run"],
  }),
  lock: flag("--lock <TIME>", duration(1_000), "Time until a silent worker is lost", {
    in: ["worker"],
    topic: "machines",
    filled: "15s",
  }),
  metrics: flag("--metrics <ADDRESS>", address(), "Serve /metrics to Prometheus, as in :9400", {
    in: ["worker"],
    topic: "machines",
  }),
};
