/**
 * A message as bytes and back, for workers that are processes: the structured clone, as V8 writes it. Node's and Deno's own
 * IPC messages are not used, because Deno's report a value that cannot be cloned too late. `v8.serialize()` is not used,
 * because it gives typed arrays a buffer that they share with the whole message.
 *
 * @module
 */

/** The parts of `node:v8` that matter here. */
interface V8 {
  Serializer: new () => {
    writeHeader(): void;
    writeValue(value: unknown): void;
    releaseBuffer(): Uint8Array;
  };
  Deserializer: new (bytes: Uint8Array) => { readHeader(): void; readValue(): unknown };
  /** Used on Bun alone: there it gives typed arrays buffers of their own, and Bun has no `Serializer`. */
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** The module, once it is asked for. Browsers have none. */
let v8: V8 | undefined;

function getV8(): V8 {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:v8"): V8 } };
  return v8 ??= process.getBuiltinModule("node:v8");
}

const isBun = "Bun" in globalThis;

/**
 * A value as bytes.
 *
 * @throws if a part of the value cannot be cloned, or can only be shared (a `SharedArrayBuffer`)
 */
export function serialize(value: unknown): Uint8Array {
  if (isBun) return getV8().serialize(value);
  const serializer = new (getV8().Serializer)();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** The value that {@link serialize} has written. */
export function deserialize(bytes: Uint8Array): unknown {
  if (isBun) return getV8().deserialize(bytes);
  const deserializer = new (getV8().Deserializer)(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
