/** The connection between a caller and a worker. Each side holds one end. Backends make the caller's end, and entries make the worker's. */

import type { Boundary } from "./value_kind.ts";

/** One end of a connection. */
export interface Channel {
  /** The kind of boundary that values cross: a thread's or a process's. */
  readonly boundary: Boundary;
  /** Sends one message. @throws the platform's error if a value cannot be cloned. Nothing was sent then. */
  post(message: unknown[], transfer: object[]): void;
  /**
   * Starts delivery. `onMessage` gets each message. `onBroken` is called for a message that cannot be rebuilt here.
   * `fault` is set if the received data is not a message.
   */
  listen(onMessage: (message: unknown[]) => void, onBroken: (fault?: string) => void): void;
  /** Stops delivery in both directions. */
  close(): void;
}
