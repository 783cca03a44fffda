/**
 * Works around two faults of ioredis 5.11.1. First, if a connection ends with a command in flight, the timer of
 * `socketTimeout` stays. It would keep the program alive, or end the next connection. Second, only the first error of a
 * socket has a listener. A second error, as when a write fails after a TLS failure, would end the program.
 *
 * @module
 */

import type { IoRedis } from "./bullmq.ts";

/** The internal parts of a client that are used here. */
interface Inner {
  socketTimeoutTimer?: ReturnType<typeof setTimeout>;
  stream?: { on(event: "error", listener: () => void): void };
}

/**
 * Returns the client and its duplicates (BullMQ makes some) without these faults. Adds all of them to `connections`, so
 * that the owner of the first client can close the others.
 */
export function tidy(client: IoRedis, connections: IoRedis[]): IoRedis {
  connections.push(client);
  const inner = client as unknown as Inner;
  const hearAll = () => inner.stream?.on("error", () => {});
  client.on("connect", hearAll);
  client.on("error", hearAll);
  client.on("close", () => {
    clearTimeout(inner.socketTimeoutTimer);
    inner.socketTimeoutTimer = undefined;
  });
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...args) => tidy(duplicate(...args), connections);
  return client;
}
