/** The buffer, offset and length of a view, by the platform's own getters: a task may have replaced those that a view inherits. */

import { getPrototypeOf, uncurried } from "./intrinsics.ts";

/** Where a view lies in its buffer, in bytes. */
export interface ViewFacts {
  buffer: ArrayBufferLike;
  byteOffset: number;
  byteLength: number;
}

const { getOwnPropertyDescriptor } = Object;

function getter<T, R>(prototype: T, name: string | symbol): (self: T) => R {
  return uncurried(getOwnPropertyDescriptor(prototype, name)!.get as (this: T) => R);
}

const typedArray = getPrototypeOf(Uint8Array.prototype) as ArrayBufferView;
const dataView = DataView.prototype as ArrayBufferView;

/** Returns the name of a typed array's class, such as `"Uint8Array"`; undefined for a DataView. */
export const classNameOf: (view: ArrayBufferView) => string | undefined = getter(
  typedArray,
  Symbol.toStringTag,
);

const bufferOfArray = getter<ArrayBufferView, ArrayBufferLike>(typedArray, "buffer");
const offsetOfArray = getter<ArrayBufferView, number>(typedArray, "byteOffset");

/** Returns the length of a typed array, in bytes. */
export const lengthOf: (array: ArrayBufferView) => number = getter(typedArray, "byteLength");

const bufferOfDataView = getter<ArrayBufferView, ArrayBufferLike>(dataView, "buffer");
const offsetOfDataView = getter<ArrayBufferView, number>(dataView, "byteOffset");
const lengthOfDataView = getter<ArrayBufferView, number>(dataView, "byteLength");

/** Returns where a view lies. Throws if it lies outside of its buffer. */
export function factsOf(view: ArrayBufferView): ViewFacts {
  return classNameOf(view) === undefined
    ? {
      buffer: bufferOfDataView(view),
      byteOffset: offsetOfDataView(view),
      byteLength: lengthOfDataView(view),
    }
    : { buffer: bufferOfArray(view), byteOffset: offsetOfArray(view), byteLength: lengthOf(view) };
}

export function bufferOf(view: ArrayBufferView): ArrayBufferLike {
  return classNameOf(view) === undefined ? bufferOfDataView(view) : bufferOfArray(view);
}

export const sizeOfBuffer: (buffer: ArrayBuffer) => number = getter(ArrayBuffer.prototype, "byteLength");

export const isResizable: (buffer: ArrayBuffer) => boolean = getter(ArrayBuffer.prototype, "resizable");
