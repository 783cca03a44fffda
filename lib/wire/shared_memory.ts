/**
 * The memory that caller and worker share, where both sides can. It has two parts: what the worker says without a message
 * ({@link Pulse} of `pulse.ts`) and what the caller says without one ({@link Orders} of `orders.ts`).
 *
 * @module
 */

/** Where the parts stand, in bytes. */
const PULSE = { at: 0, floats: 3 };
const CALLS = { at: 24, ints: 1 };
const ORDERS = { at: 28, ints: 1 };

const SIZE = 32;

/** New memory, where the platform shares any. */
export function sharedMemory(): SharedArrayBuffer | undefined {
  // Browsers share memory only between isolated pages.
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  const shares = crossOriginIsolated !== false && typeof SharedArrayBuffer === "function";
  return shares ? new SharedArrayBuffer(SIZE) : undefined;
}

/** The cells of the worker's pulse, the first of the memory. */
export function pulseCells(memory: SharedArrayBuffer): Float64Array {
  return new Float64Array(memory, PULSE.at, PULSE.floats);
}

/** The cell that orders what is written to the pulse and what is read from {@link orderCells}. */
export function callCells(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, CALLS.at, CALLS.ints);
}

/** The cell of the caller's orders. */
export function orderCells(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, ORDERS.at, ORDERS.ints);
}
