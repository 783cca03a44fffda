/**
 * The demo's task: fetches a page and measures its text. Waiting for the page takes no CPU, so many
 * tasks share a worker; measuring takes some milliseconds of it, so more than one core pays.
 *
 *     echo http://127.0.0.1:8123/README.md | deno run -A cli.ts run --from lines tests/examples/analyse.ts#analyse
 */

import { createHash } from "node:crypto";
import type { TaskContext } from "../../mod.ts";

/** The measurements of one page. */
export interface Analysis {
  url: string;
  bytes: number;
  lines: number;
  words: number;
  differentWords: number;
  /** The most frequent word of at least four letters. */
  topWord: string | undefined;
  /** The length of the longest line, in characters. */
  longestLine: number;
  /** Entropy per character, in bits, given the character before it. Low for repetitive text. */
  bitsPerCharacter: number;
  sha256: string;
}

/** Fetches a page and measures it. */
export async function analyse(url: string, { signal }: TaskContext): Promise<Analysis> {
  const text = await fetchText(url, signal);
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const lines = text.split("\n");
  const counts = count(words);
  return {
    url,
    bytes: new TextEncoder().encode(text).length,
    lines: lines.length,
    words: words.length,
    differentWords: counts.size,
    topWord: mostFrequent(counts),
    longestLine: Math.max(...lines.map((line) => line.length)),
    bitsPerCharacter: round(entropy(text, 2) - entropy(text, 1)),
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    // An unread body would keep its connection open.
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status} ${response.statusText}`);
  }
  try {
    return await response.text();
  } catch (cause) {
    throw new Error(`${url} broke off`, { cause });
  }
}

/** How many bits a run of `length` characters of this text carries (Shannon). */
function entropy(text: string, length: number): number {
  const total = text.length - length + 1;
  if (total < 1) return 0;
  const runs = count(Array.from({ length: total }, (_, start) => text.slice(start, start + length)));
  let bits = 0;
  for (const occurrences of runs.values()) bits -= (occurrences / total) * Math.log2(occurrences / total);
  return bits;
}

function count(values: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function mostFrequent(counts: Map<string, number>): string | undefined {
  const long = [...counts].filter(([word]) => word.length >= 4);
  return long.sort(([, a], [, b]) => b - a)[0]?.[0];
}

function round(bits: number): number {
  return Math.round(Math.max(0, bits) * 100) / 100;
}
