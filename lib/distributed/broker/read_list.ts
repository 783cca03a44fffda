/** Reads the texts that others push to a list in Redis, as they come. */

import type { IoRedis } from "./bullmq.ts";

/** How long a failed read waits until the next, in milliseconds. A guess: regular checks tell of the broker's failure. */
const PAUSE = 200;

interface ListReading {
  /** A connection of its own, because a read blocks it. */
  client: IoRedis;
  key: string;
  /** How long a read may wait for a text, in seconds. */
  wait: number;
  /** Maximum number of texts that are read at once. */
  most: number;
  hasEnded(): boolean;
  /** Takes texts; none if there were none for `wait` seconds. */
  take(texts: string[]): Promise<void> | void;
  failed(error: unknown): void;
}

/** Reads until the reading has ended. Never rejects. */
export async function readList(
  { client, key, wait, most, hasEnded, take, failed }: ListReading,
): Promise<void> {
  while (!hasEnded()) {
    try {
      const first = await client.blpop(key, wait);
      const more = first ? await client.lpop(key, most) ?? [] : [];
      if (!hasEnded()) await take(first ? [first[1], ...more] : []);
    } catch (error) {
      if (hasEnded()) return;
      failed(error);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
