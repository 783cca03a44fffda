/**
 * The connection to Redis. Opening it takes at most ten seconds. A server whose settings would lose tasks is refused.
 */

import { isIP } from "node:net";
import { type BullQueue, type IoRedis, Queue, Redis } from "./bullmq.ts";
import { databaseOf, labelOf, parseUrl } from "./broker_url.ts";
import { BrokerError, brokerError } from "../errors.ts";
import { checkName, Keys, queueNames } from "./names.ts";
import { talksPlainly } from "./plain_probe.ts";
import { tidy } from "./tidy_client.ts";
import { waitAtMost } from "../../executor/wait_at_most.ts";

/** Options of a connection: which broker, and which queue on it. */
export interface BrokerOptions {
  /**
   * `redis://[user:password@]host[:port][/database]`, `rediss://…` for TLS, or `unix:///path[?db=database]` for a socket of
   * this machine.
   */
  redis: string | URL;
  /** Name of the queue on which runs and workers meet. Default: `"default"`. */
  queue?: string;
  /** Certificate of a private authority (CA) to trust, as PEM text. Default: the public authorities. */
  ca?: string;
  /** Certificate of this client, as PEM text, if the broker demands one. Needs `key`. */
  cert?: string;
  /** Private key of `cert`, as PEM text. */
  key?: string;
}

/** Maximum time to connect, in milliseconds. */
const PATIENCE = 9_000;

/**
 * How long a server that does not serve this client is asked for the reason, in milliseconds. A part of {@link
 * PATIENCE}. A guess.
 */
const ASKING = 3_000;

/**
 * Time without an answer after which a connection is replaced, in milliseconds. Longer than any blocking command (5 s).
 */
const SILENCE = 20_000;

/** Maximum length of BullMQ's event stream. It holds a copy of every result, and nobody reads it. */
const EVENTS_KEPT = 10;

/** How long the broker may take to close a queue, in milliseconds. Nothing depends on the answer. */
const CLOSING = 1_000;

/** The parts of a broker. */
interface BrokerParts {
  client: IoRedis;
  connections: IoRedis[];
  keys: Keys;
  label: string;
}

/** An open connection to a broker. */
export class Broker {
  readonly client: IoRedis;
  readonly keys: Keys;
  /** The address, without user and password. */
  readonly label: string;
  /** Messages for the user about settings that are accepted but can lose work. */
  readonly warnings: string[] = [];
  /** All connections that were duplicated from the first one, including BullMQ's own. */
  readonly #connections: IoRedis[];
  readonly #queues: BullQueue[] = [];
  #lastError: unknown;
  /** The server's first answer that says why it does not serve this client yet. */
  #firstAnswer: unknown;

  private constructor({ client, connections, keys, label }: BrokerParts) {
    this.client = client;
    this.keys = keys;
    this.label = label;
    this.#connections = connections;
  }

  /**
   * Connects. With `readOnly`, nothing is written, and a replica is accepted.
   *
   * @throws {BrokerError} if the connection fails, or the server's settings would lose tasks
   * @throws {RangeError} if the URL is not a valid URL of a broker
   */
  static async open(options: BrokerOptions, { readOnly = false } = {}): Promise<Broker> {
    const url = parseUrl(options.redis);
    const keys = new Keys(checkName("queue", options.queue ?? "default"));
    let opened = false;
    const connections: IoRedis[] = [];
    const client = tidy(
      new Redis({
        ...connectionOf(url, options),
        lazyConnect: true,
        connectTimeout: PATIENCE,
        socketTimeout: SILENCE,
        // Commands in flight when the connection breaks are sent again, so each of them may be executed twice.
        maxRetriesPerRequest: null,
        retryStrategy: (times: number) => opened ? Math.min(100 * 2 ** Math.min(times, 5), 2_000) : null,
      }),
      connections,
    );
    const broker = new Broker({ client, connections, keys, label: labelOf(url) });
    client.on("error", (error: unknown) => broker.#lastError = error);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = new AbortController();
    try {
      const silent = Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
      const late = new Promise<never>((_, reject) => {
        const tooLate = () => reject(broker.#firstAnswer ?? silent);
        timer = setTimeout(() => {
          void broker.#askWhy();
          timer = setTimeout(tooLate, ASKING);
        }, PATIENCE - ASKING);
      });
      await Promise.race([broker.#start(url, readOnly), late, refusePlain(url, broker.label, done.signal)]);
    } catch (error) {
      client.disconnect();
      // The client's own error says only that the connection is closed.
      const closed = /Connection is closed/.test(String(error));
      const cause = closed ? broker.#lastError ?? error : error;
      throw withAdvice(brokerError(cause, broker.label), url, options);
    } finally {
      clearTimeout(timer);
      done.abort();
    }
    opened = true;
    return broker;
  }

  /** Whether commands are sent at once. */
  get connected(): boolean {
    return this.client.status === "ready";
  }

  /** The field of a queue's `meta` with the length of BullMQ's event stream, and that length. */
  get eventLimit(): [field: string, events: number] {
    return ["opts.maxLenEvents", EVENTS_KEPT];
  }

  /** Opens another connection, for commands that block. */
  duplicate(): IoRedis {
    const client = this.client.duplicate({ lazyConnect: false });
    client.on("error", () => {});
    return client;
  }

  /** Returns BullMQ's queues for a version of a module. */
  queues(fingerprint: string, { readOnly = false } = {}): { chunks: BullQueue; quarantine: BullQueue } {
    const { chunks, quarantine } = queueNames(fingerprint);
    return { chunks: this.#queue(chunks, readOnly), quarantine: this.#queue(quarantine, readOnly) };
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await waitAtMost(CLOSING, Promise.all(this.#queues.map((queue) => queue.close())));
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

  async #start(url: URL, readOnly: boolean): Promise<void> {
    await this.client.connect();
    const database = databaseOf(url);
    // The client has selected the database, too, but goes on in database 0 if that number does not exist.
    if (database > 0) {
      await this.client.select(database).catch((error: Error) => {
        if (!/index|number/i.test(error.message)) throw error;
        throw new BrokerError("unfit", `The broker at ${this.label} has no database ${database}`);
      });
    }
    const info = parseInfo(await this.client.info());
    this.#check(info, { readOnly });
    if (!readOnly) await this.client.set(this.keys.probe, "1", "PX", 1_000);
  }

  /**
   * Asks the server why the connection is not ready. While a server loads its data, the client waits without an error.
   */
  async #askWhy(): Promise<void> {
    if (this.client.status !== "connect") return;
    const info = parseInfo(await this.client.info().catch(() => ""));
    if (info.get("loading") === "1") this.#firstAnswer = new Error("LOADING Redis is loading its data");
  }

  #check(info: Map<string, string>, { readOnly }: { readOnly: boolean }): void {
    const unfit = (what: string) => new BrokerError("unfit", `The broker at ${this.label} ${what}`);
    const version = info.get("redis_version") ?? "";
    const [major, minor = 0] = version.split(".").map(Number);
    if (!(major > 6 || (major === 6 && minor >= 2))) {
      throw unfit(`is Redis ${version || "of an unknown version"}; 6.2 or newer is needed`);
    }
    const policy = info.get("maxmemory_policy");
    if (policy !== undefined && policy !== "noeviction") {
      throw unfit(`may discard tasks: its maxmemory-policy must be noeviction, got ${policy}`);
    }
    if (info.get("cluster_enabled") === "1") throw unfit("is a cluster; a single server is needed");
    if (info.get("role") === "slave" && !readOnly) {
      // It may be a replica only until a failover has ended.
      throw new BrokerError(
        "unavailable",
        `The broker at ${this.label} is a replica, which takes no tasks: use the address of its primary`,
      );
    }
    if (info.get("aof_enabled") === "0") {
      this.warnings.push(
        `the broker at ${this.label} keeps no log (appendonly no): if it crashes, tasks in flight run again`,
      );
    }
  }
}

function connectionOf(url: URL, { ca, cert, key }: BrokerOptions): Record<string, unknown> {
  const common = {
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: databaseOf(url),
  };
  if (url.protocol === "unix:") return { ...common, path: decodeURIComponent(url.pathname) };
  const host = hostOf(url);
  // A server chooses its certificate by a host name (SNI). An IP address is not one.
  const tls = { ca, cert, key, ...(isIP(host) === 0 ? { servername: host } : {}) };
  return { ...common, host, port: portOf(url), ...(url.protocol === "rediss:" && { tls }) };
}

/** Returns the host name, or an IPv6 address without brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function portOf({ port }: URL): number {
  return Number(port || 6379);
}

/** Rejects if the URL asks for TLS and the server does not use it. Such a server never answers a TLS client. */
async function refusePlain(url: URL, label: string, signal: AbortSignal): Promise<never> {
  if (url.protocol === "rediss:" && await talksPlainly(hostOf(url), portOf(url), signal)) {
    throw new BrokerError(
      "unfit",
      `The broker at ${label} does not use TLS: write redis:// instead of rediss://`,
    );
  }
  return await new Promise<never>(() => {});
}

/** Adds advice to the error of a connection that the server closed, because the server often gives no reason. */
function withAdvice(error: BrokerError, { protocol }: URL, { cert }: BrokerOptions): BrokerError {
  if (!/closed/.test(error.message)) return error;
  const advice = protocol === "redis:"
    ? "if it uses TLS, write rediss://"
    : protocol === "rediss:" && cert === undefined
    ? "if it requires a client certificate, use --redis-cert FILE and --redis-key FILE (cert, key)"
    : undefined;
  return advice === undefined ? error : new BrokerError(error.trouble, `${error.message}; ${advice}`);
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
