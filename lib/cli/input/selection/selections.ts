/** Makes the selection of a run. With both flags, the sample is drawn from the part. */

import { sampleOf } from "./sample.ts";
import type { Selection } from "./selection.ts";
import { shardOf, type ShardPart } from "./shard.ts";

interface SelectingFlags {
  shard: ShardPart | undefined;
  sample: number | undefined;
  seed: number;
}

/** Returns the selection; undefined if all inputs run. */
export function selectionFor({ shard, sample, seed }: SelectingFlags): Selection | undefined {
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
