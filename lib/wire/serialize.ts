/**
 * A batch as bytes and back, for workers that are processes: the structured clone algorithm, as V8 itself writes
 * it. Node's and Deno's own IPC messages are not used for that: Deno's report a value that cannot be cloned too
 * late, and `v8.serialize` gives typed arrays a buffer that they share with the whole message.
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
  /** Bun's have no fault, and Bun has nothing else. */
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** Node's and Deno's, once it is asked for; browsers have none, nor processes. */
let v8: V8 | undefined;

function getV8(): V8 {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "node:v8"): V8 } };
  return v8 ??= process.getBuiltinModule("node:v8");
}

const isBun = "Bun" in globalThis;

/** @throws if something in the value cannot be cloned, or only shared (a `SharedArrayBuffer`) */
export function serialize(value: unknown): Uint8Array {
  if (isBun) return getV8().serialize(value);
  const serializer = new (getV8().Serializer)();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** The opposite of {@link serialize}. */
export function deserialize(bytes: Uint8Array): unknown {
  if (isBun) return getV8().deserialize(bytes);
  const deserializer = new (getV8().Deserializer)(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
