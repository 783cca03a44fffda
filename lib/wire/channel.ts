/**
 * A channel carries messages between a caller and a worker. Each holds one end: backends make the caller's, entries the
 * worker's.
 *
 * @module
 */

import type { Boundary } from "./value_kind.ts";

/** What can move instead of being copied: `Transferable`, as far as the program's types have it. Node's types have not. */
export type Movable =
  | ArrayBuffer
  | (
    (
      | "MessagePort"
      | "ReadableStream"
      | "WritableStream"
      | "TransformStream"
      | "ImageBitmap"
      | "OffscreenCanvas"
      | "VideoFrame"
      | "AudioData"
      | "RTCDataChannel"
    ) extends infer Name
      ? Name extends string ? (typeof globalThis extends { [K in Name]: { prototype: infer T } } ? T : never)
      : never
      : never
  );

/** One end of a connection. */
export interface Channel {
  /** What values cross: a thread's boundary or that of a process. */
  readonly boundary: Boundary;
  /**
   * Sends one message.
   *
   * @throws whatever the platform throws when a value cannot be cloned; nothing was sent then
   */
  post(message: unknown[], transfer: Transferable[]): void;
  /**
   * Starts delivery. `onMessage` gets each message. `onBroken` is called for a message that could not be rebuilt here; it
   * gets a phrase where what came was no message.
   */
  listen(onMessage: (message: unknown[]) => void, onBroken: (fault?: string) => void): void;
  /** Ends delivery, both ways. */
  close(): void;
}

/** A channel over one port of a `MessageChannel`. User code does not have the port, and cannot post on it by accident. */
export function portChannel(port: MessagePort): Channel {
  return {
    boundary: "thread",
    // Without a list where nothing moves: the platform would read the list by an iterator that a task may have replaced.
    post: (message, transfer) =>
      transfer.length === 0 ? port.postMessage(message) : port.postMessage(message, transfer),
    listen(onMessage, onBroken) {
      port.onmessage = (event) => onMessage(event.data);
      port.onmessageerror = () => onBroken();
    },
    close() {
      port.onmessage = null;
      port.onmessageerror = null;
      port.close();
    },
  };
}
