/**
 * Makes the selection of a run: `--shard I/N`, one of N parts of the inputs, `--sample N`, or a sample of the part. A hash of an
 * input's content decides its part. So every job of N finds its own inputs alone, and inputs with the same content are in the
 * same part.
 */

import type { RunOptions } from "../../flags/options.ts";
import { sizeOf, type Sourced } from "../origin.ts";
import { sampleOf } from "./sample.ts";
import { blockOfPicked, contentHasher, HASH_WORDS, pick, type Selection } from "./selection.ts";

/** Returns the selection; undefined if all inputs run. */
export function selectionFor(
  { shard, sample, seed = 0 }: Pick<RunOptions, "shard" | "sample" | "seed">,
): Selection | undefined {
  const part = shard && shardOf(shard);
  const drawn = sample === undefined ? undefined : sampleOf(sample, seed);
  if (!part || !drawn) return part ?? drawn;
  return {
    most: sample,
    take(block) {
      const some = part.take(block);
      return some && drawn.take(some);
    },
    end: () => drawn.end(),
  };
}

function shardOf({ part, of }: NonNullable<RunOptions["shard"]>): Selection {
  const hash = contentHasher();
  return {
    share: 1 / of,
    take(block) {
      const hashes = hash(block.lines);
      const picked = [];
      for (let at = 0; at < block.lines.length; at++) {
        if (partOf(hashes[at * HASH_WORDS], of) === part) picked.push(pick(block, at));
      }
      if (picked.length === 0) return undefined;
      return blockOfPicked(picked, { source: block.source, size: sizeOf(block) });
    },
    end: (): Sourced[] => [],
  };
}

/** The part of an input, from 1. Jobs of different versions and machines must agree, so this never changes. */
function partOf(firstWord: number, of: number): number {
  return 1 + Math.floor(firstWord / 2 ** 32 * of);
}
