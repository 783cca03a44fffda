/**
 * Makes the clients of a broker: of one server, of a primary that sentinels know, or of a cluster. All of them connect again by
 * themselves once the first connection was made, and find the primary that has taken over after a failover.
 */

import { isIP } from "node:net";
import { databaseOf, isOfSentinels, nodesOf, usesTls } from "./broker_url.ts";
import { Cluster, type IoRedis, Redis } from "./bullmq.ts";
import { tidy, tidyCluster } from "./tidy_client.ts";

/** Time without an answer after which a connection is replaced, in milliseconds. Longer than any blocking command (5 s). */
const SILENCE = 20_000;

/** How long a node of a cluster may take to tell which node has which slots, in milliseconds. A guess: with TLS, it may be slow. */
const TELLING_SLOTS = 3_000;

export interface ConnectionInit {
  url: URL;
  /** Certificates, as PEM text. */
  tls: { ca?: string; cert?: string; key?: string };
  /** Maximum time to connect, in milliseconds. */
  patience: number;
  /** All connections are added to this list. */
  connections: IoRedis[];
  /** Whether a lost connection is made again. */
  mayRetry: () => boolean;
}

/** Makes the client of one server, or of the primary that sentinels know. It is not connected yet. */
export function serverClient(init: ConnectionInit): IoRedis {
  const { url, mayRetry, connections } = init;
  const common = {
    ...loginOf(url),
    ...waiting(init),
    db: databaseOf(url),
    retryStrategy: (times: number) => mayRetry() ? pause(times) : null,
  };
  if (url.protocol === "unix:") {
    return tidy(
      new Redis({ ...common, path: decodeURIComponent(url.pathname) }),
      connections,
    );
  }
  const nodes = nodesOf(url);
  if (!isOfSentinels(url)) {
    return tidy(
      new Redis({ ...common, ...nodes[0], tls: tlsOf(init, nodes[0].host) }),
      connections,
    );
  }
  const { searchParams } = url;
  const client = new Redis({
    ...common,
    sentinels: nodes,
    name: searchParams.get("master")!,
    sentinelUsername: searchParams.get("sentinelUsername") ?? undefined,
    sentinelPassword: searchParams.get("sentinelPassword") ?? undefined,
    sentinelRetryStrategy: (times: number) => mayRetry() ? pause(times) : null,
    tls: tlsOf(init),
    sentinelTLS: tlsOf(init),
    enableTLSForSentinelMode: usesTls(url),
  });
  return tidy(client, connections);
}

/** Makes the client of a cluster. It is not connected yet. Its commands have the same form as those of a server. */
export function clusterClient(init: ConnectionInit): IoRedis {
  const { url, mayRetry, connections } = init;
  const cluster = new Cluster(nodesOf(url), {
    lazyConnect: true,
    slotsRefreshTimeout: TELLING_SLOTS,
    // A cluster whose nodes do not agree yet refuses commands, which then wait.
    enableReadyCheck: false,
    // The names of nodes are kept, because certificates are made for names.
    dnsLookup: (host, found) => found(null, host),
    // While a node is away, its commands wait, as those of a single server do.
    maxRedirections: Infinity,
    clusterRetryStrategy: (times: number) => mayRetry() ? pause(times) : null,
    redisOptions: { ...loginOf(url), ...waiting(init), tls: tlsOf(init) },
  });
  return tidyCluster(cluster, connections) as unknown as IoRedis;
}

/** Returns how long to wait before the connection is made again, in milliseconds. */
function pause(times: number): number {
  return Math.min(100 * 2 ** Math.min(times, 5), 2_000);
}

function loginOf(
  { username, password }: URL,
): { username?: string; password?: string } {
  return {
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
  };
}

function waiting({ patience }: ConnectionInit) {
  return {
    lazyConnect: true,
    connectTimeout: patience,
    socketTimeout: SILENCE,
    // Commands in flight when the connection breaks are sent again, so each of them may be executed twice.
    maxRetriesPerRequest: null,
  };
}

function tlsOf({ url, tls }: ConnectionInit, host?: string) {
  if (!usesTls(url)) return undefined;
  // A server chooses its certificate by a host name (SNI). An IP address is not one.
  return {
    ...tls,
    ...(host !== undefined && isIP(host) === 0 ? { servername: host } : {}),
  };
}
