/**
 * Two things that ioredis (5.11.1) leaves behind. It forgets the timer of `socketTimeout` when a connection ends with a
 * command under way, as each that blocks does: it would keep the program from ending for as long, or end the connection that
 * comes next. And it hears only the first error of a socket: a second one, as when a write fails after TLS has, would end
 * the program.
 *
 * @module
 */

import type { IoRedis } from "./bullmq.ts";

/** The parts of a client that it does not show. */
interface Inner {
  socketTimeoutTimer?: ReturnType<typeof setTimeout>;
  stream?: { on(event: "error", listener: () => void): void };
}

/**
 * The same client, and so are its duplicates (BullMQ makes some): none leaves that timer behind. All of them are put into
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
