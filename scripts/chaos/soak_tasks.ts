/** The tasks of the soak. */
import v8 from "node:v8";

/** One of many inputs. */
export interface Input {
  n: number;
  text: string;
}

/** Returns a part of its input. */
export function echo({ n, text }: Input): { n: number; length: number } {
  return { n, length: text.length };
}

/** Waits for a short time, or until it is aborted. */
export function wait(ms: number, { signal }: { signal: AbortSignal }): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(ms), ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Returns the bytes in use on this worker's heap, after a garbage collection if the runtime allows it. */
export function live(): number {
  (globalThis as { gc?(): void }).gc?.();
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}
