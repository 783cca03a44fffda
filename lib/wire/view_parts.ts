/**
 * Views of a part of a buffer. The structured clone takes the whole buffer along: 64 MB for a view of 100 bytes. So the part
 * crosses alone where it is little of its buffer. Views of one buffer in one value still share a buffer.
 *
 * @module
 */

import { max, min, uncurried } from "./intrinsics.ts";

const { ArrayBuffer, Map } = globalThis;
const mapForEach = uncurried(Map.prototype.forEach);
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const sliceBuffer = uncurried(ArrayBuffer.prototype.slice);

/** Least number of bytes that a cut must save: the cut costs as much as copying this number. */
const FEW_BYTES = 4_096;

/** The bytes of a buffer that views use. */
interface Part {
  start: number;
  end: number;
  /** The size of the largest element of these views, in bytes: a view begins at a multiple of its own. */
  size: number;
  /** The buffer that crosses instead, once it is made. */
  copy?: ArrayBuffer;
}

/** Whether a view uses little of its buffer. */
export function usesLittle({ buffer, byteLength }: ArrayBufferView): boolean {
  return isLittle(byteLength, buffer);
}

function isLittle(used: number, buffer: ArrayBufferLike): boolean {
  return buffer.byteLength - used > FEW_BYTES && used < buffer.byteLength / 2 &&
    buffer instanceof ArrayBuffer &&
    // A view may see more of a buffer that can grow later.
    !buffer.resizable;
}

/** A view of the same elements, in a buffer of its own. */
export function cutAlone(view: ArrayBufferView): ArrayBufferView {
  const parts = new ViewParts();
  parts.add(view);
  return parts.cut(view);
}

/** The views in one value. */
export class ViewParts {
  readonly #parts = new Map<ArrayBufferLike, Part>();

  /** Notes a view that is in the value. */
  add(view: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = view;
    this.#extend(buffer, { start: byteOffset, end: byteOffset + byteLength, size: sizeOf(classOf(view)) });
  }

  /** Notes that the buffer itself is in the value. */
  keep(buffer: ArrayBufferLike): void {
    this.#extend(buffer, { start: 0, end: buffer.byteLength, size: 1 });
  }

  /** Whether any buffer should cross in part. */
  get isAnyLittle(): boolean {
    let isAny = false;
    mapForEach(this.#parts, (_, buffer) => isAny ||= this.#isLittle(buffer));
    return isAny;
  }

  /** A view of the same elements in the part that crosses; the view itself where its whole buffer crosses. */
  cut(view: ArrayBufferView): ArrayBufferView {
    const { buffer, byteOffset, byteLength } = view;
    if (!this.#isLittle(buffer)) return view;
    const part = mapGet(this.#parts, buffer)!;
    const start = part.start - part.start % part.size;
    part.copy ??= sliceBuffer(buffer as ArrayBuffer, start, part.end);
    const Class = classOf(view);
    return new Class(part.copy, byteOffset - start, byteLength / sizeOf(Class));
  }

  #extend(buffer: ArrayBufferLike, { start, end, size }: Part): void {
    const part = mapGet(this.#parts, buffer);
    if (!part) return void mapSet(this.#parts, buffer, { start, end, size });
    part.start = min(part.start, start);
    part.end = max(part.end, end);
    part.size = max(part.size, size);
  }

  #isLittle(buffer: ArrayBufferLike): boolean {
    const { start, end } = mapGet(this.#parts, buffer)!;
    return isLittle(end - start, buffer);
  }
}

interface ViewClass {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView;
  /** A DataView has none. */
  BYTES_PER_ELEMENT?: number;
}

function sizeOf({ BYTES_PER_ELEMENT: size = 1 }: ViewClass): number {
  return size;
}

/** `"Uint8Array"` of one; nothing of a DataView, which is no typed array. */
const tagOf = uncurried(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!,
);

/** The classes that a view may be of, by their names. */
const CLASSES: Record<string, ViewClass> = { __proto__: null as never, DataView };
for (
  const Class of [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
    (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array,
  ]
) if (Class) CLASSES[Class.name] = Class;

/** The platform's own class of a view: a subclass (`Buffer`) does not cross. */
function classOf(view: ArrayBufferView): ViewClass {
  return CLASSES[tagOf(view) as string | undefined ?? "DataView"];
}
