/** The connection to Redis. Opening it takes at most ten seconds. A server whose settings would lose tasks is refused. */

import type { BrokerOptions } from "./broker_options.ts";
import { databaseOf, parseUrl } from "./broker_url.ts";
import { type BullQueue, type Cluster, type IoRedis, Queue } from "./bullmq.ts";
import { BrokerError, brokerError, isReply } from "./errors.ts";
import { checkName, checkPrefix, Keys, queueNames } from "./names.ts";
import { type Info, Opening, parseInfo } from "./opening.ts";
import { waitAtMost } from "../../executor/basics/deadlines.ts";

/** Maximum length of BullMQ's event stream. It holds a copy of every result, and nobody reads it. */
const EVENTS_KEPT = 10;

/** How long the broker may take to close a queue, in milliseconds. Nothing depends on the answer. */
const CLOSING = 1_000;

/** Reads INFO on the node of a cluster that has a key. */
const INFO = `return redis.call('INFO', ARGV[1])`;

/** How long the broker may take to answer while a run or a worker starts, in milliseconds. A guess: as long as to connect. */
const ANSWERING = 9_000;

interface BrokerParts {
  client: IoRedis;
  isCluster: boolean;
  connections: IoRedis[];
  keys: Keys;
  label: string;
}

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
  readonly #isCluster: boolean;

  private constructor({ client, isCluster, connections, keys, label }: BrokerParts) {
    this.client = client;
    this.#isCluster = isCluster;
    this.keys = keys;
    this.label = label;
    this.#connections = connections;
  }

  /**
   * Connects. With `readOnly`, nothing is written, and a replica is accepted.
   *
   * @throws {BrokerError} if the connection fails, or the server's settings would lose tasks
   * @throws {RangeError} if the URL is not a valid URL of a broker, or the queue or the prefix is no valid name
   */
  static async open(options: BrokerOptions, { readOnly = false } = {}): Promise<Broker> {
    const url = parseUrl(options.redis);
    const queue = checkName("queue", options.queue ?? "default");
    const prefix = checkPrefix(options.prefix ?? "polyloop");
    const opening = new Opening(url, options);
    return await opening.run(async ({ client, isCluster }) => {
      const { connections, label } = opening;
      const keys = new Keys(queue, { prefix, isCluster });
      const broker = new Broker({ client, isCluster, connections, keys, label });
      await broker.#start(databaseOf(url), readOnly);
      return broker;
    });
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
    const options = { lazyConnect: false };
    const client = this.#isCluster
      ? (this.client as unknown as Cluster).duplicate(undefined, options) as unknown as IoRedis
      : this.client.duplicate(options);
    client.on("error", () => {});
    return client;
  }

  /** Returns BullMQ's queues for a version of a module and a pool of workers. */
  queues(
    fingerprint: string,
    { pool = "", readOnly = false } = {},
  ): { chunks: BullQueue; quarantine: BullQueue } {
    const { chunks, quarantine } = queueNames(fingerprint, pool);
    return { chunks: this.#queue(chunks, readOnly), quarantine: this.#queue(quarantine, readOnly) };
  }

  /**
   * Waits for the broker's answer while a run or a worker starts. Later, regular checks tell of a broker that does not answer.
   *
   * @throws {BrokerError} if the broker refuses the work, or does not answer in time
   */
  async answer<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const silent = () =>
        reject(new BrokerError("unreachable", `The broker at ${this.label} does not answer`));
      timer = setTimeout(silent, ANSWERING);
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      throw isReply(error) ? brokerError(error, this.label) : error;
    } finally {
      clearTimeout(timer);
    }
  }

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

  /** Returns what the server says about itself; that of a cluster which has the keys. */
  async info(section = "default"): Promise<Info> {
    const { client, keys } = this;
    const text = this.#isCluster ? client.eval(INFO, 1, keys.probe, section) : client.info(section);
    return parseInfo(await text as string);
  }

  async #start(database: number, readOnly: boolean): Promise<void> {
    // The client has selected the database, too, but goes on in database 0 if that number does not exist.
    if (database > 0) {
      await this.client.select(database).catch((error: Error) => {
        if (!/index|number/i.test(error.message)) throw error;
        throw new BrokerError("unfit", `The broker at ${this.label} has no database ${database}`);
      });
    }
    this.#check(await this.info(), { readOnly });
    if (!readOnly) await this.client.set(this.keys.probe, "1", "PX", 1_000);
  }

  #check(info: Info, { readOnly }: { readOnly: boolean }): void {
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
