/** The type of values that can be moved. It has a file of its own, so that the package's types compile with Node's types alone. */

/**
 * A value that can be moved instead of copied: `Transferable`, as far as the program's types declare it. Node's types
 * declare only some of it.
 */
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
