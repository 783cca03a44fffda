/**
 * Works around two faults of ioredis 5.11.1. When a connection ends with a command in flight, the timer of `socketTimeout` stays: it
 * would keep the program from ending, or end the next connection. And only the first error of a socket is heard: a second
 * one, as when a write fails after TLS has failed, would end the program.
 *
 * @module
 */

import type { IoRedis } from "./bullmq.ts";

/** Internal parts of a client. */
interface Inner {
  socketTimeoutTimer?: ReturnType<typeof setTimeout>;
  stream?: { on(event: "error", listener: () => void): void };
}

/**
 * Returns the client without these faults, and so are its duplicates (BullMQ makes some). All of them are added to
 * `connections`, so that the owner of the first can end the others.
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
