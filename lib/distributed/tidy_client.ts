/**
 * ioredis (5.11.1) forgets the timer of `socketTimeout` when a connection ends with a command under way, as each that
 * blocks does: it would keep the program from ending for as long, or end the connection that comes next.
 *
 * @module
 */

import type { IoRedis } from "./bullmq.ts";

/** The same client, and so are its duplicates (BullMQ makes some): none leaves that timer behind. */
export function tidy(client: IoRedis): IoRedis {
  const inner = client as unknown as { socketTimeoutTimer?: ReturnType<typeof setTimeout> };
  client.on("close", () => {
    clearTimeout(inner.socketTimeoutTimer);
    inner.socketTimeoutTimer = undefined;
  });
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...args) => tidy(duplicate(...args));
  return client;
}
