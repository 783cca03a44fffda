/**
 * The connection between a caller and a worker. Each side holds one end. Backends make the caller's end, and entries
 * make the worker's.
 */

import { uncurried } from "./intrinsics.ts";
import type { Boundary } from "./value_kind.ts";

/** One end of a connection. */
export interface Channel {
  /** The kind of boundary that values cross: a thread's or a process's. */
  readonly boundary: Boundary;
  /** Sends one message. @throws the platform's error if a value cannot be cloned. Nothing was sent then. */
  post(message: unknown[], transfer: Transferable[]): void;
  /**
   * Starts delivery. `onMessage` gets each message. `onBroken` is called for a message that cannot be rebuilt here.
   * `fault` is set if the received data is not a message.
   */
  listen(onMessage: (message: unknown[]) => void, onBroken: (fault?: string) => void): void;
  /** Stops delivery in both directions. */
  close(): void;
}

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

/**
 * Returns a channel over one port of a `MessageChannel`. User code has no access to the port, so it cannot post on it
 * by accident.
 */
export function portChannel(port: MessagePort): Channel {
  return {
    boundary: "thread",
    // Without a transfer list if nothing moves, because the platform reads the list by an iterator, which a task may
    // have replaced.
    post: (message, transfer) =>
      transfer.length === 0 ? postMessage(port, message) : postMessage(port, message, transfer),
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
