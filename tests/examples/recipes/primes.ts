/**
 * The task of `server.ts`: it computes, and looks up now and then to see whether anybody still waits.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { TaskContext } from "../../../mod.ts";

/** So many numbers are looked at without a pause: some milliseconds. */
const STRETCH = 20_000;

/** How many primes there are below a number. */
export async function countPrimes(below: number, { signal }: TaskContext): Promise<number> {
  let count = 0;
  for (let number = 2; number < below; number++) {
    if (isPrime(number)) count++;
    if (number % STRETCH > 0) continue;
    // Messages come in only here, the one that aborts among them.
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
