/**
 * Returns random numbers from 0 to below 1, from a seed: a linear congruential generator with Knuth's MMIX constants.
 */
export function randomFrom(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n) / 2 ** 24;
  };
}
