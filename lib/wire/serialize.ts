/**
 * Converts messages to bytes and back, for workers that are processes. The format is V8's structured clone. The IPC
 * messages of Node and Deno are not used, because Deno reports a value that cannot be cloned too late. `v8.serialize()`
 * is not used, because it makes typed arrays share one buffer with the whole message.
 */

/** The part of `node:v8` that is used here. */
interface V8 {
  Serializer: new () => {
    writeHeader(): void;
    writeValue(value: unknown): void;
    releaseBuffer(): Uint8Array;
  };
  Deserializer: new (bytes: Uint8Array) => { readHeader(): void; readValue(): unknown };
  /** Used only on Bun, which gives each typed array its own buffer and has no `Serializer`. */
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** The module, loaded on first use. Browsers lack it. */
let v8: V8 | undefined;

function getV8(): V8 {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:v8"): V8 } };
  return v8 ??= process.getBuiltinModule("node:v8");
}

const isBun = "Bun" in globalThis;

/**
 * Returns a value as bytes.
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

/** Returns the value from the bytes of {@link serialize}. */
export function deserialize(bytes: Uint8Array): unknown {
  if (isBun) return getV8().deserialize(bytes);
  const deserializer = new (getV8().Deserializer)(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
