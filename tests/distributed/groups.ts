/** Several Redis servers that belong together: a cluster, and a primary with a replica and a sentinel. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { freePort, RedisServer, SERVER } from "./redis.ts";

/** Whether the program of the server is there. Says so if it is not. */
export function hasServer(): boolean {
  try {
    execFileSync(SERVER, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write(
      `${SERVER} is not installed: tests of groups of servers are skipped\n`,
    );
    return false;
  }
}

/** A group of servers, of which another one takes over if the one that has the keys fails. */
export interface FailoverGroup extends AsyncDisposable {
  readonly url: string;
  /** All servers that may have the keys. */
  readonly servers: readonly RedisServer[];
}

/** Kills the server that has the keys, and starts it again once another one has taken over. Resolves when it has the same keys. */
export async function failOver({ servers }: FailoverGroup): Promise<void> {
  const primary = servers.find((server) => isPrimary(server))!;
  await primary.kill();
  const others = servers.filter((server) => server !== primary);
  while (!others.some(isPrimary)) await wait(100);
  await primary.restart();
  while (
    !primary.cli("info", "replication").includes("master_link_status:up")
  ) await wait(100);
}

/** Whether a server takes writes and has keys of a queue. */
function isPrimary(server: RedisServer): boolean {
  return server.cli("role").startsWith("master") &&
    server.cli("dbsize") !== "0";
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A cluster of three primaries, each with a third of the slots. With `replicas`, each of them has a replica. */
export class RedisCluster implements FailoverGroup {
  readonly servers: RedisServer[];

  private constructor(servers: RedisServer[]) {
    this.servers = servers;
  }

  static async start({ replicas = false } = {}): Promise<RedisCluster> {
    const start = async () => {
      const own = [
        "--cluster-port",
        `${await freePort()}`,
        "--cluster-node-timeout",
        "2000",
      ];
      return await RedisServer.start({
        config: ["--cluster-enabled", "yes", ...own],
      });
    };
    const cluster = new RedisCluster(
      await Promise.all(Array.from({ length: replicas ? 6 : 3 }, start)),
    );
    const nodes = cluster.servers.map(({ port }) => `127.0.0.1:${port}`);
    // Resolves when all nodes agree.
    const kind = replicas ? ["--cluster-replicas", "1"] : [];
    cluster.servers[0].cli(
      "--cluster",
      "create",
      ...nodes,
      ...kind,
      "--cluster-yes",
    );
    return cluster;
  }

  get url(): string {
    return `redis://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  }

  /** The keys that match a pattern, of each server. */
  keys(pattern: string): string[][] {
    return this.servers.map((server) =>
      server.cli("--scan", "--pattern", pattern).split("\n").filter(Boolean)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) await server[Symbol.asyncDispose]();
  }
}

/** A primary with a replica, which a sentinel watches. */
export class Sentinel implements FailoverGroup {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor({ primary, replica, port, child }: {
    primary: RedisServer;
    replica: RedisServer;
    port: number;
    child: ChildProcess;
  }) {
    this.primary = primary;
    this.replica = replica;
    this.port = port;
    this.#child = child;
  }

  /** The sentinel takes the primary for gone when it has not answered for a second. */
  static async start(): Promise<Sentinel> {
    const primary = await RedisServer.start();
    const replica = await RedisServer.start({
      config: ["--replicaof", "127.0.0.1", `${primary.port}`],
    });
    const port = await freePort();
    const file = `${replica.folder}/sentinel.conf`;
    writeFileSync(
      file,
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${replica.folder}`,
        `sentinel monitor jobs 127.0.0.1 ${primary.port} 1`,
        "sentinel down-after-milliseconds jobs 1000",
        "sentinel failover-timeout jobs 5000",
        "",
      ].join("\n"),
    );
    const child = spawn(SERVER, [file, "--sentinel"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.on(
        "close",
        () => reject(new Error(`the sentinel on port ${port} ended:\n${said}`)),
      );
      child.stdout.setEncoding("utf8").on("data", (text) => {
        if ((said += text).includes("+slave slave")) resolve();
      });
    });
    return new Sentinel({ primary, replica, port, child });
  }

  get servers(): RedisServer[] {
    return [this.primary, this.replica];
  }

  get url(): string {
    return `redis-sentinel://127.0.0.1:${this.port}?master=jobs`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
    await this.primary[Symbol.asyncDispose]();
    await this.replica[Symbol.asyncDispose]();
  }
}
