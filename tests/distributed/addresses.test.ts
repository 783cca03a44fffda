/** Where a broker is: databases, sockets, TLS; what an address does not say is never guessed. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Broker } from "../../lib/distributed/broker/broker.ts";
import { labelOf, nodesOf, parseUrl } from "../../lib/distributed/broker/broker_url.ts";
import { polyloop } from "../cli/polyloop.ts";
import { TASKS } from "./machines.ts";
import { RedisServer } from "./redis.ts";

test.each([
  ["redis://h/1?db=5", "redis has ?db=5: write the database as /5"],
  ["redis://h?tls=true", "redis has ?tls: for TLS, write rediss://"],
  ["redis://h?password=secret", "redis has ?password, which is not an option of a broker's URL"],
  ["redis://h/0#secret", "redis has a #, which is not allowed: in a password, write it as %23"],
  ["redis://h/one", "redis must be redis://HOST:PORT, rediss://HOST:PORT (TLS), redis-sentinel://"],
  ["redis://h:1,/0", "redis must be redis://HOST:PORT"],
  ["redis-sentinel://h", "redis has no ?master=NAME, the name that its sentinels have for the primary"],
  ["redis://h?master=jobs", "redis has ?master, which is not an option of a broker's URL"],
  ["unix://", "redis must be redis://HOST:PORT"],
  ["unix:///s?db=one", "redis has ?db, which is not an option of a broker's URL"],
  ["http://h", "redis must be redis://HOST:PORT"],
])("%s is refused", (url, message) => {
  expect(() => parseUrl(url)).toThrow(message);
  expect(() => parseUrl(url)).not.toThrow("secret");
});

test("the flag and the variable say the same of an address", async () => {
  const [flag, variable] = await Promise.all([
    polyloop(["top", "--redis", "redis://h?db=5"]),
    polyloop(["top"], { env: { POLYLOOP_REDIS: "redis://h?db=5" } }),
  ]);
  expect(flag).toMatchObject({
    code: 2,
    stderr: "polyloop: --redis: the URL has ?db=5: write the database as /5\n",
  });
  expect(variable).toMatchObject({
    code: 2,
    stderr: "polyloop: POLYLOOP_REDIS: the URL has ?db=5: write the database as /5\n",
  });
});

test("a database that there is none of is no database 0", async () => {
  await using redis = await RedisServer.start();
  await expect(Broker.open({ redis: `${redis.url}/99` })).rejects.toMatchObject({
    trouble: "unfit",
    message: expect.stringMatching(/has no database 99$/),
  });
  const broker = await Broker.open({ redis: `${redis.url}/5` });
  await broker.client.set("polyloop:default:here", "5");
  expect(redis.cli("-n", "5", "get", "polyloop:default:here")).toBe("5");
  await broker.close();
});

test("a socket of this machine serves a run, in any of its databases", async () => {
  await using redis = await RedisServer.start();
  const socket = `${redis.folder}/redis.sock`;
  redis.cli("config", "set", "port", "0");
  await using other = await RedisServer.start({ config: ["--unixsocket", socket] });
  const broker = await Broker.open({ redis: `unix://${socket}?db=2` });
  expect(broker.label).toBe(`unix://${socket}?db=2`);
  await broker.client.set("polyloop:default:here", "2");
  expect(other.cli("-n", "2", "get", "polyloop:default:here")).toBe("2");
  await broker.close();
  await expect(Broker.open({ redis: `unix://${socket}.none` })).rejects.toMatchObject({
    trouble: "unreachable",
    message: expect.stringMatching(/cannot be reached: no such socket$/),
  });
});

test("TLS to a server without it, and the other way round, are told apart at once", async () => {
  await using plain = await RedisServer.start();
  await using tls = await RedisServer.start({ tls: true });
  const begun = performance.now();
  await expect(Broker.open({ redis: plain.url.replace("redis:", "rediss:") })).rejects.toMatchObject({
    trouble: "unfit",
    message: expect.stringMatching(/does not use TLS: write redis:\/\/ instead of rediss:\/\/$/),
  });
  // What waits for a greeting waits nine seconds.
  expect(performance.now() - begun).toBeLessThan(8_000);
  await expect(Broker.open({ redis: tls.url.replace("rediss:", "redis:") })).rejects.toMatchObject({
    message: expect.stringMatching(/if it uses TLS, write rediss:\/\/$/),
  });
});

test("a server that wants certificates of its clients gets one by --redis-cert and --redis-key", async () => {
  await using redis = await RedisServer.start({ tls: true, clientCertificates: true });
  const [ca, cert, key] = ["ca.pem", "server.pem", "server.key"].map((name) => `${redis.folder}/${name}`);
  const without = await polyloop(["top", "--redis", redis.url, "--redis-ca", ca]);
  expect(without.code).not.toBe(0);
  expect(without.stderr).toContain("--redis-cert FILE and --redis-key FILE");
  const all = ["--redis", redis.url, "--redis-ca", ca, "--redis-cert", cert, "--redis-key", key];
  expect(await polyloop(["top", ...all])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("0 runs"),
  });
  const broker = await Broker.open({
    redis: redis.url,
    ca: readFileSync(ca, "utf8"),
    cert: readFileSync(cert, "utf8"),
    key: readFileSync(key, "utf8"),
  });
  await broker.close();
  const half = await polyloop(["run", `${TASKS}#square`, "--redis", redis.url, "--redis-cert", cert]);
  expect(half).toMatchObject({
    code: 2,
    stderr: "polyloop: --redis-cert and --redis-key: give both, or neither\n",
  });
  const wrong = await polyloop(["top", ...all.slice(0, -1), cert]);
  expect(wrong).toMatchObject({
    code: 2,
    stderr: `polyloop: --redis-key: ${cert} holds no private key (PEM)\n`,
  });
});

test("several hosts are read with their ports, and an address as it is shown is read again", () => {
  const nodes = [{ host: "h", port: 1 }, { host: "::1", port: 2 }, { host: "i", port: 6379 }];
  const url = parseUrl("redis://me:secret@h:1,[::1]:2,i/3");
  expect(nodesOf(url)).toEqual(nodes);
  expect(nodesOf(parseUrl(labelOf(url)))).toEqual(nodes);
  expect(nodesOf(parseUrl(url))).toEqual(nodes);
  expect(nodesOf(parseUrl("redis-sentinel://h?master=jobs"))).toEqual([{ host: "h", port: 26_379 }]);
});

test("the password of sentinels is refused on the command line, too", async () => {
  const { stderr } = await polyloop([
    "top",
    "--redis",
    "redis-sentinel://h?master=jobs&sentinelPassword=secret",
  ]);
  expect(stderr).toMatch(/^polyloop: --redis: a password on a command line/);
  expect(stderr).not.toContain("secret");
});

test("an address as it is shown holds no password", () => {
  expect(labelOf(parseUrl("rediss://me:secret@h:1/3"))).toBe("rediss://h:1/3");
  expect(labelOf(parseUrl("unix:///run/redis.sock?db=3"))).toBe("unix:///run/redis.sock?db=3");
  expect(labelOf(parseUrl("redis://me:a,secret@h:1,[::1]:2,i/3"))).toBe("redis://h:1,[::1]:2,i/3");
  const sentinels =
    "rediss-sentinel://me:secret@h,i:2/3?master=a%20b&sentinelUsername=me&sentinelPassword=secret";
  expect(labelOf(parseUrl(sentinels))).toBe("rediss-sentinel://h,i:2/3?master=a%20b");
});
