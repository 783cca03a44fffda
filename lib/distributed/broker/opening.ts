/**
 * Opens a broker: finds out whether it is one server or a cluster, and says why it cannot be used. A server often gives no reason, so
 * others are looked for meanwhile.
 */

import { BrokerError, brokerError, isReply } from "./errors.ts";
import type { BrokerOptions } from "./broker_options.ts";
import { databaseOf, isOfSentinels, labelOf, nodesOf, usesTls } from "./broker_url.ts";
import type { IoRedis } from "./bullmq.ts";
import { clusterClient, type ConnectionInit, serverClient } from "./connection.ts";
import { talksPlainly } from "./plain_probe.ts";

/** Maximum time to connect, in milliseconds. */
const PATIENCE = 9_000;

/** How long a server that does not serve this client is asked for the reason, in milliseconds. A part of {@link PATIENCE}. A guess. */
const ASKING = 3_000;

/** What a server says about itself, by the names of INFO. */
export type Info = ReadonlyMap<string, string>;

export interface OpenClient {
  client: IoRedis;
  isCluster: boolean;
}

export class Opening {
  /** All connections, including those that are duplicated from the first one later. */
  readonly connections: IoRedis[] = [];
  /** The address, without user and password. */
  readonly label: string;
  readonly #url: URL;
  readonly #options: BrokerOptions;
  #client: IoRedis | undefined;
  #isOpen = false;
  #lastError: unknown;
  /** The server's first answer that says why it does not serve this client yet. */
  #firstAnswer: unknown;

  constructor(url: URL, options: BrokerOptions) {
    this.#url = url;
    this.#options = options;
    this.label = labelOf(url);
  }

  /**
   * Connects, and does the first work with the client.
   *
   * @throws {BrokerError} if either fails, or does not end in time
   */
  async run<T>(work: (opened: OpenClient) => Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = new AbortController();
    try {
      const silent = Object.assign(new Error("no answer"), {
        code: "ETIMEDOUT",
      });
      const late = new Promise<never>((_, reject) => {
        const tooLate = () => reject(this.#firstAnswer ?? silent);
        timer = setTimeout(() => {
          void this.#askWhy();
          timer = setTimeout(tooLate, ASKING);
        }, PATIENCE - ASKING);
      });
      const result = await Promise.race([
        this.#connect().then(work),
        late,
        refusePlain(this.#url, this.label, done.signal),
      ]);
      this.#isOpen = true;
      return result;
    } catch (error) {
      for (const client of this.connections) client.disconnect();
      // The client's own error says only that the connection is closed.
      const closed = /Connection is closed|None of startup nodes/.test(
        String(error),
      );
      const cause = closed ? this.#lastError ?? error : error;
      throw withAdvice(
        brokerError(cause, this.label),
        this.#url,
        this.#options,
      );
    } finally {
      clearTimeout(timer);
      done.abort();
    }
  }

  async #connect(): Promise<OpenClient> {
    const { ca, cert, key } = this.#options;
    const url = this.#url;
    const init: ConnectionInit = {
      url,
      tls: { ca, cert, key },
      patience: PATIENCE,
      connections: this.connections,
      mayRetry: () => this.#isOpen,
    };
    const isSingle = url.protocol === "unix:" || isOfSentinels(url) ||
      nodesOf(url).length === 1;
    if (isSingle) {
      const client = await this.#connected(serverClient(init));
      const info = parseInfo(await client.info("cluster"));
      if (info.get("cluster_enabled") !== "1") {
        return { client, isCluster: false };
      }
      client.disconnect();
    }
    const refusal = url.protocol === "unix:"
      ? "whose other nodes a socket does not reach: use redis://HOST:PORT"
      : databaseOf(url) > 0
      ? "which has only database 0"
      : undefined;
    if (refusal !== undefined) {
      throw new BrokerError(
        "unfit",
        `The broker at ${this.label} is a cluster, ${refusal}`,
      );
    }
    return {
      client: await this.#connected(clusterClient(init)),
      isCluster: true,
    };
  }

  async #connected(client: IoRedis): Promise<IoRedis> {
    this.#client = client;
    client.on("error", (error: unknown) => this.#hear(error));
    client.on("node error", (error: unknown) => this.#hear(error));
    await client.connect();
    return client;
  }

  /** Of several nodes, one that has answered knows more than one that has not. */
  #hear(error: unknown): void {
    const { lastNodeError = error } = (error ?? {}) as {
      lastNodeError?: unknown;
    };
    if (!isReply(this.#lastError) || isReply(lastNodeError)) {
      this.#lastError = lastNodeError;
    }
  }

  /**
   * Asks the server why the connection is not ready. While a server loads its data, or a cluster is not complete, the client waits
   * without an error.
   */
  async #askWhy(): Promise<void> {
    const client = this.#client;
    if (client?.status === "ready") {
      const info = parseInfo(await client.cluster("INFO").catch(() => ""));
      if (info.get("cluster_state") === "fail") {
        this.#firstAnswer = new Error("CLUSTERDOWN The cluster is down");
      }
    }
    if (client?.status !== "connect") return;
    const info = parseInfo(await client.info().catch(() => ""));
    if (info.get("loading") === "1") {
      this.#firstAnswer = new Error("LOADING Redis is loading its data");
    }
  }
}

export function parseInfo(text: string): Info {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(":"));
  return new Map(
    lines.map((
      line,
    ) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}

/** Rejects if the URL asks for TLS and the server does not use it. Such a server never answers a TLS client. */
async function refusePlain(
  url: URL,
  label: string,
  signal: AbortSignal,
): Promise<never> {
  const [node] = usesTls(url) ? nodesOf(url) : [];
  if (node && await talksPlainly(node.host, node.port, signal)) {
    const plain = url.protocol.replace("rediss", "redis");
    throw new BrokerError(
      "unfit",
      `The broker at ${label} does not use TLS: write ${plain}// instead of ${url.protocol}//`,
    );
  }
  return await new Promise<never>(() => {});
}

/** Adds advice to the error of a connection that the server closed, because the server often gives no reason. */
function withAdvice(
  error: BrokerError,
  url: URL,
  { cert }: BrokerOptions,
): BrokerError {
  if (!/closed/.test(error.message)) return error;
  const advice = usesTls(url)
    ? cert === undefined
      ? "if it requires a client certificate, use --redis-cert FILE and --redis-key FILE (cert, key)"
      : undefined
    : url.protocol === "unix:"
    ? undefined
    : `if it uses TLS, write ${url.protocol.replace("redis", "rediss")}//`;
  return advice === undefined ? error : new BrokerError(error.trouble, `${error.message}; ${advice}`);
}
