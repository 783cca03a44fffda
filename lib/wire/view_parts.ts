/**
 * Views of a part of a buffer. The structured clone copies the whole buffer: 64 MB for a view of 100 bytes. If the
 * views use little of the buffer, only that part is sent. Views of one buffer in one value still share a buffer.
 */

import { mapForEach, mapGet, mapSet, max, min, uncurried } from "./intrinsics.ts";
import { bufferOf, classNameOf, factsOf, isResizable, sizeOfBuffer } from "./view_facts.ts";

const { ArrayBuffer, Map, Uint8Array } = globalThis;
const setBytes = uncurried(Uint8Array.prototype.set);

/** Minimum number of bytes that a cut must save. The cut itself costs as much as copying this number. */
const FEW_BYTES = 4_096;

/** The part of a buffer that views use. */
interface Part {
  start: number;
  end: number;
  /** The size of the largest element of these views, in bytes. A view must begin at a multiple of its element size. */
  size: number;
  /** The smaller buffer to send, once it is made. */
  copy: ArrayBuffer | undefined;
}

export function usesLittle(view: ArrayBufferView): boolean {
  const { buffer, byteLength } = factsOf(view);
  return isLittle(byteLength, buffer);
}

function isLittle(used: number, buffer: ArrayBufferLike): boolean {
  if (!(buffer instanceof ArrayBuffer)) return false;
  const size = sizeOfBuffer(buffer);
  // If the buffer can grow, a view may later see more of it.
  return size - used > FEW_BYTES && used < size / 2 && !isResizable(buffer);
}

export function copyAlone(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = factsOf(view);
  const Class = classOf(view);
  return new Class(
    copyOf(buffer as ArrayBuffer, byteOffset, byteOffset + byteLength),
    0,
    byteLength / sizeOf(Class),
  );
}

export class ViewParts {
  readonly #parts = new Map<ArrayBufferLike, Part>();

  add(view: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = factsOf(view);
    this.#extend(buffer, { start: byteOffset, end: byteOffset + byteLength, size: sizeOf(classOf(view)) });
  }

  /** Notes that the value contains the buffer itself. */
  keep(buffer: ArrayBufferLike): void {
    // A shared buffer is always sent whole.
    const end = buffer instanceof ArrayBuffer ? sizeOfBuffer(buffer) : 0;
    this.#extend(buffer, { start: 0, end, size: 1 });
  }

  /** Whether any buffer should be sent in part. */
  get isAnyLittle(): boolean {
    let isAny = false;
    mapForEach(this.#parts, (_, buffer) => isAny ||= this.#isLittle(buffer));
    return isAny;
  }

  /** Returns a view of the same elements in the part that is sent; the view itself if its whole buffer is sent. */
  cut(view: ArrayBufferView): ArrayBufferView {
    const { buffer, byteOffset, byteLength } = factsOf(view);
    if (!this.#isLittle(buffer)) return view;
    const part = mapGet(this.#parts, buffer)!;
    const start = part.start - part.start % part.size;
    part.copy ??= copyOf(buffer as ArrayBuffer, start, part.end);
    const Class = classOf(view);
    return new Class(part.copy, byteOffset - start, byteLength / sizeOf(Class));
  }

  #extend(buffer: ArrayBufferLike, { start, end, size }: Omit<Part, "copy">): void {
    const part = mapGet(this.#parts, buffer);
    if (!part) return void mapSet(this.#parts, buffer, { start, end, size, copy: undefined });
    part.start = min(part.start, start);
    part.end = max(part.end, end);
    part.size = max(part.size, size);
  }

  #isLittle(buffer: ArrayBufferLike): boolean {
    const { start, end } = mapGet(this.#parts, buffer)!;
    return isLittle(end - start, buffer);
  }
}

/** Returns the bytes from `start` to `end`. Not by `slice()`, which reads `ArrayBuffer[Symbol.species]`. */
function copyOf(buffer: ArrayBuffer, start: number, end: number): ArrayBuffer {
  const copy = new Uint8Array(end - start);
  setBytes(copy, new Uint8Array(buffer, start, end - start));
  return bufferOf(copy) as ArrayBuffer;
}

interface ViewClass {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView;
  /** Undefined for a DataView. */
  BYTES_PER_ELEMENT?: number;
}

function sizeOf({ BYTES_PER_ELEMENT: size = 1 }: ViewClass): number {
  return size;
}

const CLASSES: Record<string, ViewClass> = { __proto__: null as never, DataView };
for (
  const Class of [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
    (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array,
  ]
) if (Class) CLASSES[Class.name] = Class;

/** Returns the platform's class of a view. Subclasses such as `Buffer` do not survive cloning. */
function classOf(view: ArrayBufferView): ViewClass {
  return CLASSES[classNameOf(view) ?? "DataView"];
}
