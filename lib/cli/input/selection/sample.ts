/**
 * `--sample N`: N inputs, each chosen with the same probability. An input gets a number from its content, its occurrence and
 * the seed, and the inputs with the lowest numbers run. So the same inputs have the same sample, in
 * whatever order they are. If a few inputs are added or removed, most of the sample stays.
 */

import { KeyTable } from "../../../wire/key_table.ts";
import type { Source, Sourced } from "../origin.ts";
import { blockOfPicked, contentHasher, HASH_WORDS, pick, type Picked, type Selection } from "./selection.ts";

/** Maximum number of inputs in a block that is returned. A guess: as many as a read of short lines has. */
const MAX_BLOCK = 4_096;

interface Drawn extends Picked {
  draw: number;
  source: Source;
}

/** The part of the sample that is kept beyond it until it is cut. A guess: with less, it is sorted more often; with more, it takes more memory. */
const SLACK = 0.25;

/** Draws a sample. It keeps at most a quarter more than `most` inputs, and 17 bytes for each different input. */
export function sampleOf(most: number, seed: number): Selection {
  const hash = contentHasher();
  const occurrences = new KeyTable();
  const drawn: Drawn[] = [];
  /** The highest number of the sample so far. Of equal numbers, the first input stays. */
  let bound = Infinity;
  return { most, take, end };

  function take(block: Sourced): undefined {
    const { lines, source } = block;
    const hashes = hash(lines);
    for (let at = 0; at < lines.length; at++) {
      const [high, low] = [hashes[at * HASH_WORDS], hashes[at * HASH_WORDS + 1]];
      const draw = drawOf(high, low, { seed, occurrence: occurrences.count(high, low) });
      if (draw < bound) drawn.push({ ...pick(block, at), draw, source });
      if (drawn.length > (1 + SLACK) * most) cutToSample();
    }
  }

  function cutToSample(): void {
    drawn.sort((one, other) => one.draw - other.draw || one.index - other.index);
    drawn.length = Math.min(drawn.length, most);
    if (drawn.length === most) bound = drawn[most - 1].draw;
  }

  function end(): Sourced[] {
    cutToSample();
    return blocksOf(drawn);
  }
}

function blocksOf(drawn: Drawn[]): Sourced[] {
  const sorted = drawn.sort((one, other) => one.index - other.index);
  const blocks: Sourced[] = [];
  for (let from = 0; from < sorted.length;) {
    const { source } = sorted[from];
    let to = from + 1;
    while (to < sorted.length && to - from < MAX_BLOCK && sorted[to].source === source) to++;
    blocks.push(blockOfPicked(sorted.slice(from, to), { source, size: 0 }));
    from = to;
  }
  return blocks;
}

/** A number below 2^53 that depends on all bits of its arguments. */
function drawOf(
  high: number,
  low: number,
  { seed, occurrence }: { seed: number; occurrence: number },
): number {
  const salt = mixed((seed >>> 0) ^ mixed(Math.floor(seed / 2 ** 32) + occurrence * 0x9e3779b1));
  const upper = mixed(high ^ salt);
  return upper * 2 ** 21 + (mixed(low ^ upper) >>> 11);
}

/** Spreads each bit over all 32: the finalizer of MurmurHash3. */
function mixed(word: number): number {
  let value = word >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
