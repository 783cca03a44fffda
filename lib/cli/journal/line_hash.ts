/**
 * The SHA-256 of a line. Short lines are hashed here: a call into the runtime's own implementation costs four
 * times as much as the hash of a hundred bytes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Lines } from "../../wire/lines.ts";
import type { Line } from "../input/splitter.ts";
import { wordsOf } from "./hash_words.ts";

/** Lines of more bytes are left to the runtime. */
const SHORT = 2_048;

const K = new Uint32Array(64);
const START = new Uint32Array(8);
fillConstants();

const encoder = new TextEncoder();
const buffer = new Uint8Array(SHORT + 128);
const view = new DataView(buffer.buffer);
const schedule = new Uint32Array(64);
const state = new Uint32Array(8);

/** The hash of the line's bytes; of its UTF-8 where it is text. Valid until the next line is hashed. */
export function hashLine(line: Line): Uint32Array {
  // A character is three bytes at most.
  if (line.length * 3 > SHORT) return wordsOf(createHash("sha256").update(line).digest());
  let length: number;
  if (typeof line === "string") length = encoder.encodeInto(line, buffer).written;
  else {
    buffer.set(line);
    length = line.length;
  }
  return hashBuffer(length);
}

/** The same of a line in a block. */
export function hashLineOf(lines: Lines, index: number): Uint32Array {
  const length = lines.copyTo(index, buffer, SHORT);
  if (length <= SHORT) return hashBuffer(length);
  return wordsOf(createHash("sha256").update(lines.bytesAt(index)).digest());
}

function hashBuffer(length: number): Uint32Array {
  const end = (length + 9 + 63) & ~63;
  buffer[length] = 0x80;
  // Loops, because a call of `fill` or `set` costs more than so few bytes.
  for (let at = length + 1; at < end - 4; at++) buffer[at] = 0;
  view.setUint32(end - 4, length * 8);
  for (let word = 0; word < 8; word++) state[word] = START[word];
  for (let at = 0; at < end; at += 64) addBlock(at);
  return state;
}

function addBlock(at: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3);
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0] | 0, b = state[1] | 0, c = state[2] | 0, d = state[3] | 0;
  let e = state[4] | 0, f = state[5] | 0, g = state[6] | 0, h = state[7] | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** The first 32 bits of the fractions of the cube and square roots of the first primes, as FIPS 180-4 has them. */
function fillConstants(): void {
  let count = 0;
  for (let number = 2; count < 64; number++) {
    let prime = true;
    for (let factor = 2; factor * factor <= number; factor++) if (number % factor === 0) prime = false;
    if (!prime) continue;
    K[count] = fraction(BigInt(number) << 96n, 3n);
    if (count < 8) START[count] = fraction(BigInt(number) << 64n, 2n);
    count++;
  }
}

/** The low 32 bits of the whole root: exact, where floating point would be almost so. */
function fraction(value: bigint, degree: bigint): number {
  let [low, high] = [0n, 1n << 40n];
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= value) low = middle;
    else high = middle - 1n;
  }
  return Number(low & 0xffffffffn);
}
