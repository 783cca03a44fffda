/**
 * The channel of a worker whose batches travel as bytes, because it is a process or a part of one.
 *
 * @module
 */

import type { Channel } from "../wire/channel.ts";
import { deserialize, serialize } from "../wire/serialize.ts";

/** A channel that sends by `send`, and the function that delivers to it what has come. */
export function bytesChannel(
  send: (bytes: Uint8Array) => void,
): { channel: Channel; receive(bytes: Uint8Array): void } {
  let onBatch: (batch: unknown[]) => void = () => {};
  let onBroken = () => {};
  const channel: Channel = {
    boundary: "process",
    post(batch, transfer) {
      const bytes = serialize(batch);
      // Nothing moves between processes; but what was to move is gone here, as in a thread.
      if (transfer.length > 0) structuredClone(null, { transfer });
      send(bytes);
    },
    listen(batch, broken) {
      onBatch = batch;
      onBroken = broken;
    },
    close() {},
  };
  return {
    channel,
    receive(bytes) {
      let batch: unknown[];
      try {
        batch = deserialize(bytes) as unknown[];
      } catch {
        return onBroken();
      }
      onBatch(batch);
    },
  };
}
