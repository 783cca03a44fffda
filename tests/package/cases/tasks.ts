/** The tasks of a program that uses the library, in any runtime. Its lines are named in the tests. */
import type { TaskContext } from "../../../mod.ts";

export async function double(n: number): Promise<number> {
  if (n === 13) throw new RangeError("13 brings bad luck");
  return await Promise.resolve(n * 2);
}

export async function* upTo(n: number): AsyncGenerator<number> {
  for (let i = 1; i <= n; i++) yield await Promise.resolve(i);
}

export async function untilAborted(_: unknown, { signal, progress }: TaskContext): Promise<void> {
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  progress("started");
  await aborted;
  throw signal.reason;
}

/** Ends its worker, as a task can in this runtime. */
export function leave(n: number): number {
  const { process, close } = globalThis as unknown as { process?: { exit(): void }; close(): void };
  if (n === 2) process ? process.exit() : close();
  return n;
}

export async function fail(_: unknown): Promise<void> {
  setTimeout(() => {
    throw new RangeError("outside of its promise");
  });
  await new Promise(() => {});
}

export function move(pixels: Uint8Array, { transfer }: TaskContext): Uint8Array {
  return transfer(pixels.map((value) => value + 1), [pixels.buffer as ArrayBuffer]);
}
