/**
 * Works around three faults of ioredis 5.11.1:
 * - When a connection ends with a command in flight, the timer of `socketTimeout` stays. It would keep the program from ending, or
 *   end the next connection.
 * - Only the first error of a socket is heard. A second one, as when a write fails after TLS has failed, would end the program.
 * - `reconnectOnError` ends a connection once for each command that fails, with a listener and a timer each time.
 */

import type { Cluster, IoRedis } from "./bullmq.ts";

/** The internal parts of a client that are used here. */
interface Inner {
  options: { reconnectOnError?: (error: Error) => boolean };
  socketTimeoutTimer?: ReturnType<typeof setTimeout>;
  stream?: { on(event: "error", listener: () => void): void };
}

/** The answer of a server that takes no writes. The host name may refer to another server by now: the new primary. */
const READONLY = /\bREADONLY\b/;

/**
 * Works around the faults in a client and in its duplicates, of which BullMQ makes some. These clients connect anew when the server
 * takes no writes. All of them are added to `connections`, so that the owner of the first can end the others.
 */
export function tidy(client: IoRedis, connections: IoRedis[]): IoRedis {
  connections.push(client);
  const inner = tidyConnection(client);
  let left: Inner["stream"];
  inner.options.reconnectOnError = ({ message }) => {
    if (!READONLY.test(message) || inner.stream === left) return false;
    left = inner.stream;
    return true;
  };
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...args) => tidy(duplicate(...args), connections);
  return client;
}

/** Works around the faults in the connections to the nodes of a cluster, and in those of its duplicates. */
export function tidyCluster(cluster: Cluster, connections: IoRedis[]): Cluster {
  connections.push(cluster as unknown as IoRedis);
  cluster.on("+node", (node: IoRedis) => void tidyConnection(node));
  const duplicate = cluster.duplicate.bind(cluster);
  // The nodes that were named first may be gone by now.
  const known = () => cluster.nodes().map(({ options: { host, port } }) => ({ host, port }));
  cluster.duplicate = (nodes = known(), options) => tidyCluster(duplicate(nodes, options), connections);
  return cluster;
}

function tidyConnection(client: IoRedis): Inner {
  const inner = client as unknown as Inner;
  let heard: Inner["stream"];
  const hearAll = () => {
    if (inner.stream !== heard) (heard = inner.stream)?.on("error", () => {});
  };
  client.on("connect", hearAll);
  client.on("error", hearAll);
  client.on("close", () => {
    clearTimeout(inner.socketTimeoutTimer);
    inner.socketTimeoutTimer = undefined;
  });
  return inner;
}
