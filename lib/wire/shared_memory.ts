/**
 * The memory that caller and worker share, where the platform allows it. One part carries information from the worker
 * ({@link Pulse} of `pulse.ts`), the other carries orders from the caller ({@link Orders} of `orders.ts`).
 */

/** The offset of each part, in bytes, and its length. */
export const PULSE = { at: 0, floats: 4 };
export const CALLS = { at: 32, ints: 2 };
const ORDERS = { at: 40, ints: 1 };

const SIZE = 48;

/** Returns new shared memory, if the platform can share any. */
export function sharedMemory(): SharedArrayBuffer | undefined {
  // Browsers share memory only between cross-origin isolated pages.
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  const shares = crossOriginIsolated !== false && typeof SharedArrayBuffer === "function";
  return shares ? new SharedArrayBuffer(SIZE) : undefined;
}

export function pulseCells(memory: SharedArrayBuffer): Float64Array {
  return new Float64Array(memory, PULSE.at, PULSE.floats);
}

/** Returns the number of calls, which puts writes to the pulse and reads of other cells in order, and whether it was reported. */
export function callCells(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, CALLS.at, CALLS.ints);
}

export function orderCells(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, ORDERS.at, ORDERS.ints);
}
