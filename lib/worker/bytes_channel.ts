/** The worker's end of a channel whose messages are bytes. Used by processes, and by threads whose process relays the bytes. */

import type { Channel } from "../wire/channel.ts";
import { deserialize, serialize } from "../wire/serialize.ts";

/** Returns a channel that sends by `send`, and a function that delivers received bytes to it. */
export function bytesChannel(
  send: (bytes: Uint8Array) => void,
): { channel: Channel; receive(bytes: Uint8Array): void } {
  let onMessage: (message: unknown[]) => void = () => {};
  let onBroken = () => {};
  const channel: Channel = {
    boundary: "process",
    post(message, transfer) {
      const bytes = serialize(message);
      // Nothing moves between processes. But moved values must be detached here, as in a thread.
      if (transfer.length > 0) structuredClone(null, { transfer: transfer as Transferable[] });
      send(bytes);
    },
    listen(message, broken) {
      onMessage = message;
      onBroken = broken;
    },
    close() {},
  };
  return {
    channel,
    receive(bytes) {
      let message: unknown[];
      try {
        message = deserialize(bytes) as unknown[];
      } catch {
        return onBroken();
      }
      onMessage(message);
    },
  };
}
