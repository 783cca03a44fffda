/**
 * A channel carries batches between a caller and a worker; each holds one end. Backends make the
 * caller's end, entries the worker's.
 *
 * @module
 */

import type { Boundary } from "./value_kind.ts";

/** What can move instead of being copied: `Transferable`, which Node's types do not have; of it, what the program's types have. */
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
  /** What values cross on it. */
  readonly boundary: Boundary;
  /**
   * Sends one batch.
   *
   * @throws whatever the platform throws when a value cannot be cloned; nothing was sent then.
   */
  post(batch: unknown[], transfer: Transferable[]): void;
  /**
   * Starts delivery: `onBatch` for each batch, `onBroken` for one that could not be rebuilt here; with words, where what
   * came was no batch.
   */
  listen(onBatch: (batch: unknown[]) => void, onBroken: (fault?: string) => void): void;
  /** Ends delivery, both ways. */
  close(): void;
}

/** A channel over one port of a `MessageChannel`. It is private: user code cannot speak on it by accident. */
export function portChannel(port: MessagePort): Channel {
  return {
    boundary: "thread",
    // Without a list where nothing moves: the platform would go through it by what a task may have replaced.
    post: (batch, transfer) =>
      transfer.length === 0 ? port.postMessage(batch) : port.postMessage(batch, transfer),
    listen(onBatch, onBroken) {
      port.onmessage = (event) => onBatch(event.data);
      port.onmessageerror = () => onBroken();
    },
    close() {
      port.onmessage = null;
      port.onmessageerror = null;
      port.close();
    },
  };
}
