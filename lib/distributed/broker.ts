/**
 * The connection to Redis: opened within ten seconds or not at all, and only to one that would lose no task.
 *
 * @module
 */

import { isIP } from "node:net";
import { type BullQueue, type IoRedis, Queue, Redis } from "./bullmq.ts";
import { labelOf, parseUrl } from "./broker_url.ts";
import { BrokerError, brokerError } from "./errors.ts";
import { checkName, Keys, queueNames } from "./names.ts";
import { tidy } from "./tidy_client.ts";

/** Which broker, and which queue on it. */
export interface BrokerOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://…` for TLS. */
  redis: string | URL;
  /** Runs and workers find each other by it. `"default"` by default. */
  queue?: string;
  /** The certificate of the authority to trust, as PEM text, where it is none that everyone trusts. */
  ca?: string;
}

/** To connect takes no longer than this, in milliseconds. */
const PATIENCE = 9_000;

/** A connection that does not answer for so long is given up and made anew. Longer than any blocking command. */
const SILENCE = 20_000;

/** Of the event stream, which copies every result, nobody reads anything. */
const EVENTS_KEPT = 10;

/** An open connection. */
export class Broker {
  readonly client: IoRedis;
  readonly keys: Keys;
  /** The address, without user and password. */
  readonly label: string;
  /** What is not wrong, but should be known. */
  readonly warnings: string[] = [];
  readonly #connections: IoRedis[];
  readonly #queues: BullQueue[] = [];
  #lastError: unknown;

  private constructor(client: IoRedis, keys: Keys, label: string) {
    this.client = client;
    this.keys = keys;
    this.label = label;
    this.#connections = [client];
  }

  /**
   * Connects. `readOnly` is for commands that change nothing.
   *
   * @throws {BrokerError} if that does not work, or the server is not set up for it
   * @throws {RangeError} if the URL is none
   */
  static async open(options: BrokerOptions, { readOnly = false } = {}): Promise<Broker> {
    const url = parseUrl(options.redis);
    const keys = new Keys(checkName("queue", options.queue ?? "default"));
    let opened = false;
    const client = tidy(
      new Redis({
        ...connectionOf(url, options.ca),
        lazyConnect: true,
        connectTimeout: PATIENCE,
        socketTimeout: SILENCE,
        // What is under way when the connection breaks is sent again: all of it may be done twice.
        maxRetriesPerRequest: null,
        retryStrategy: (times: number) => opened ? Math.min(100 * 2 ** Math.min(times, 5), 2_000) : null,
      }),
    );
    const broker = new Broker(client, keys, labelOf(url));
    client.on("error", (error: unknown) => broker.#lastError = error);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        const error = Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
        timer = setTimeout(() => reject(error), PATIENCE);
      });
      await Promise.race([broker.#start(readOnly), late]);
    } catch (error) {
      client.disconnect();
      // What the client says last is only that the connection is closed.
      const closed = /Connection is closed/.test(String(error));
      throw brokerError(closed ? broker.#lastError ?? error : error, broker.label);
    } finally {
      clearTimeout(timer);
    }
    opened = true;
    return broker;
  }

  /** Whether commands go out at once. */
  get connected(): boolean {
    return this.client.status === "ready";
  }

  /** Another connection, for commands that block. */
  duplicate(): IoRedis {
    const client = this.client.duplicate({ lazyConnect: false });
    client.on("error", () => {});
    this.#connections.push(client);
    return client;
  }

  /** BullMQ's queues for a module. */
  queues(fingerprint: string, { readOnly = false } = {}): { chunks: BullQueue; quarantine: BullQueue } {
    const { chunks, quarantine } = queueNames(fingerprint);
    return { chunks: this.#queue(chunks, readOnly), quarantine: this.#queue(quarantine, readOnly) };
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.close().catch(() => {})));
    for (const client of this.#connections) client.disconnect();
  }

  #queue(name: string, readOnly: boolean): BullQueue {
    const known = this.#queues.find((queue) => queue.name === name);
    if (known) return known;
    const queue = new Queue(name, {
      connection: this.client,
      prefix: this.keys.prefix,
      skipVersionCheck: true,
      skipMetasUpdate: readOnly,
      streams: { events: { maxLen: EVENTS_KEPT } },
    });
    queue.on("error", () => {});
    this.#queues.push(queue);
    return queue;
  }

  async #start(readOnly: boolean): Promise<void> {
    await this.client.connect();
    const info = parseInfo(await this.client.info());
    this.#check(info);
    if (!readOnly) await this.client.set(this.keys.probe, "1", "PX", 1_000);
  }

  #check(info: Map<string, string>): void {
    const unfit = (what: string) => new BrokerError("unfit", `The broker at ${this.label} ${what}`);
    const version = info.get("redis_version") ?? "";
    const [major, minor = 0] = version.split(".").map(Number);
    if (!(major > 6 || (major === 6 && minor >= 2))) {
      throw unfit(`is Redis ${version || "of an unknown version"}; 6.2 or newer is needed`);
    }
    const policy = info.get("maxmemory_policy");
    if (policy !== undefined && policy !== "noeviction") {
      throw unfit(`may throw tasks away: its maxmemory-policy is ${policy}, and must be noeviction`);
    }
    if (info.get("cluster_enabled") === "1") throw unfit("is a cluster; a single server is needed");
    if (info.get("role") === "slave") throw unfit("is a replica, which takes no tasks; name its primary");
    if (info.get("aof_enabled") === "0") {
      this.warnings.push(
        `the broker at ${this.label} keeps no log (appendonly no): should it crash, what was under way runs again`,
      );
    }
  }
}

function connectionOf(url: URL, ca: string | undefined): Record<string, unknown> {
  // An IPv6 address stands in brackets.
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: Number(url.port || 6379),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: Number(url.pathname.slice(1) || 0),
    // An address is no name that a server could choose its certificate by.
    tls: url.protocol === "rediss:" ? { ca, ...(isIP(host) === 0 ? { servername: host } : {}) } : undefined,
  };
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
