/** The connection of a thread: a port of a `MessageChannel`. */

import type { Channel } from "./channel.ts";
import { uncurried } from "./intrinsics.ts";

const getData = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data")?.get;

/** Returns the data of a message, by the platform's own getter where it is one. */
const dataOf: (event: MessageEvent) => unknown[] = getData ? uncurried(getData) : (event) => event.data;

const postMessage = uncurried(
  MessagePort.prototype.postMessage as (
    this: MessagePort,
    message: unknown,
    transfer?: Transferable[],
  ) => void,
);

/** Returns a channel over one port of a `MessageChannel`. User code has no access to the port, so it cannot post on it by accident. */
export function portChannel(port: MessagePort): Channel {
  return {
    boundary: "thread",
    // Without a transfer list if nothing moves, because the platform reads the list by an iterator, which a task may have replaced.
    post: (message, transfer) =>
      transfer.length === 0
        ? postMessage(port, message)
        : postMessage(port, message, transfer as Transferable[]),
    listen(onMessage, onBroken) {
      port.onmessage = (event) => onMessage(dataOf(event));
      port.onmessageerror = () => onBroken();
    },
    close() {
      port.onmessage = null;
      port.onmessageerror = null;
      port.close();
    },
  };
}
