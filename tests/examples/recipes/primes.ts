/**
 * The task of `server.ts`: it computes, and pauses now and then to see whether its client is still connected.
 */

import { setImmediate } from "node:timers/promises";
import type { TaskContext } from "../../../mod.ts";

/** How many numbers are tested between two pauses: some milliseconds of work. */
const STRETCH = 20_000;

/** Counts the primes below a number. */
export async function countPrimes(below: number, { signal }: TaskContext): Promise<number> {
  let count = 0;
  for (let number = 2; number < below; number++) {
    if (isPrime(number)) count++;
    if (number % STRETCH > 0) continue;
    // Messages arrive only in a pause, also the one that aborts.
    await setImmediate();
    signal.throwIfAborted();
  }
  return count;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) {
    if (number % divisor === 0) return false;
  }
  return true;
}
