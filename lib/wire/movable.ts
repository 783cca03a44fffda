/** The type of values that can be moved. Its own file: the types of Node's programs, which lead to it, lack most others of the web. */

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
