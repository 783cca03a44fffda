/** The option `limitPer`: how many tasks with the same key are on workers at the same time. */

import { checkNames, count, functionOf, type OptionNames } from "./checks.ts";

/** Maximum number of tasks with the same key that are on workers at the same time. */
export interface LimitPerOptions {
  /** Maximum number of tasks per key, over all workers. A cancelled or timed-out task counts until its body ends. */
  most: number;
  /**
   * Returns the key of an input. Tasks whose key is undefined have no limit. A task fails if this throws, or returns anything but
   * a string, a number or undefined.
   */
  key(input: unknown): string | number | undefined;
}

const LIMIT_PER: OptionNames<LimitPerOptions> = { most: true, key: true };

export function limitPerOf(limitPer: LimitPerOptions | undefined): LimitPerOptions | undefined {
  if (limitPer === undefined) return undefined;
  checkNames(limitPer, LIMIT_PER, { path: "limitPer" });
  const key = functionOf("limitPer.key", limitPer.key);
  if (key === undefined) throw new TypeError("limitPer.key must be a function, got undefined");
  return { key, most: count("limitPer.most", limitPer.most, 1) };
}
