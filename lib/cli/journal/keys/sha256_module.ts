/**
 * A WebAssembly module that makes the SHA-256 (FIPS 180-4) of four messages at once: its vectors have a word of each. It is
 * written here instruction by instruction, so that no binary and no compiler is needed.
 */

import { K, START } from "../../../wire/sha256.ts";

/** Maximum length of a message, in bytes. */
export const MAX_MESSAGE = 2_048;

/** Room for a message and its padding, in bytes. */
const LANE = MAX_MESSAGE + 64;

/** Size of the module's memory, in pages of 64 kB. */
const PAGES = 6;

/** Where the parts of the module's memory begin, in bytes. */
export const PLACES = {
  /** The 64 round constants, then the 8 words of the initial state. */
  constants: 0,
  /** The message schedule: 64 vectors. */
  schedule: 512,
  /** The state, and at the end the hashes: 8 vectors. */
  state: 1_536,
  /** The four padded messages. A store may go beyond the last by less than two vectors. */
  lanes: 2_048,
  /** The bytes whose parts are the messages. */
  input: 2_048 + 4 * LANE + 64,
} as const;

/** Room for bytes whose parts are messages. A message is read in vectors, and so beyond its end. */
export const INPUT_ROOM = PAGES * 65_536 - PLACES.input - 16;

export interface Sha256Module {
  memory: WebAssembly.Memory;
  /** Copies a message to the place of the `lane`-th, and pads it. `padded`: its length then, in bytes. */
  pad(lane: number, start: number, length: number, padded: number): void;
  hash(blocks: number): void;
}

type Code = number[];

const [I32, V128] = [0x7f, 0x7b];
const [SPLAT, STORE, SHUFFLE, XOR, OR, SELECT] = [9, 11, 13, 81, 80, 82];

const signed = (value: number): Code =>
  value >= -64 && value < 64 ? [value & 127] : [value & 127 | 128, ...signed(value >> 7)];
const unsigned = (value: number): Code =>
  value < 128 ? [value] : [value & 127 | 128, ...unsigned(value >>> 7)];
const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const list = (items: Code[]): Code => [items.length, ...items.flat()];
const section = (id: number, items: Code[]): Code => [id, ...sized(list(items))];
const text = (name: string): Code => sized([...new TextEncoder().encode(name)]);

const get = (local: number): Code => [0x20, local];
const set = (local: number, ...value: Code): Code => [...value, 0x21, local];
const number = (value: number): Code => [0x41, ...signed(value)];
const plus = (one: Code, other: Code): Code => [...one, ...other, 0x6a];
const vector = (code: number): Code => [0xfd, ...unsigned(code)];
const load = (at: Code, offset: number, code = 0): Code => [...at, ...vector(code), 0, ...unsigned(offset)];
const store = (
  at: Code,
  offset: number,
  value: Code,
): Code => [...at, ...value, ...vector(STORE), 0, ...unsigned(offset)];
const storeByte = (
  at: Code,
  offset: number,
  value: Code,
): Code => [...at, ...value, 0x3a, 0, ...unsigned(offset)];
const both = (code: number, one: Code, other: Code): Code => [...one, ...other, ...vector(code)];
const add = (...terms: Code[]): Code => terms.reduce((sum, term) => both(174, sum, term));
const xor = (...terms: Code[]): Code => terms.reduce((one, other) => both(XOR, one, other));
const shiftRight = (value: Code, bits: number): Code => [...value, ...number(bits), ...vector(173)];
const shiftLeft = (value: Code, bits: number): Code => [...value, ...number(bits), ...vector(171)];
const rotate = (value: Code, bits: number): Code =>
  both(OR, shiftRight(value, bits), shiftLeft(value, 32 - bits));
const select = (one: Code, zero: Code, mask: Code): Code => [...one, ...zero, ...mask, ...vector(SELECT)];
const shuffle = (
  one: Code,
  other: Code,
  bytes: Code,
): Code => [...one, ...other, ...vector(SHUFFLE), ...bytes];

/** Repeats `body`, which moves `local` by `step`, until it has reached `end`. At least once. */
const loop = (local: number, step: number, end: Code, body: Code): Code => [
  ...[0x03, 0x40, ...body, ...set(local, ...plus(get(local), number(step)))],
  ...[...get(local), ...end, 0x49, 0x0d, 0, 0x0b],
];

/** The words of two vectors, by their positions among the eight, with the bytes of each in the other order. */
const swapped = (words: number[]): Code =>
  words.flatMap((word) => [3, 2, 1, 0].map((byte) => word * 4 + byte));
const asTheyAre = (words: number[]): Code =>
  words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte));

function padCode(): Code {
  const [lane, start, length, padded, to, end] = [0, 1, 2, 3, 4, 5];
  const zero = [...vector(12), ...new Array(16).fill(0)];
  return [
    ...set(to, ...plus([...get(lane), ...number(LANE), 0x6c], number(PLACES.lanes))),
    ...set(end, ...plus(get(to), get(length))),
    ...set(padded, ...plus(get(to), get(padded))),
    ...loop(to, 16, get(end), [
      ...store(get(to), 0, load(get(start), 0)),
      ...set(start, ...plus(get(start), number(16))),
    ]),
    // A padding has at most 72 bytes.
    ...[0, 16, 32, 48, 64].flatMap((offset) => store(get(end), offset, zero)),
    ...storeByte(get(end), 0, number(0x80)),
    // The length in bits, of at most two bytes.
    ...storeByte([...get(padded), ...number(2), 0x6b], 0, [...get(length), ...number(5), 0x76]),
    ...storeByte([...get(padded), ...number(1), 0x6b], 0, [...get(length), ...number(3), 0x74]),
  ];
}

// The variables of `hash`.
const [blocks, block, word, constant] = [0, 1, 2, 3];
const state = [4, 5, 6, 7, 8, 9, 10, 11];
const rows = [12, 13, 14, 15].map(get);

function hashCode(): Code {
  const end = blocks;
  return [
    ...state.flatMap((_, at) =>
      store(number(0), PLACES.state + at * 16, load(number(0), PLACES.constants + 256 + at * 4, SPLAT))
    ),
    ...set(end, ...get(blocks), ...number(6), 0x74),
    ...loop(block, 64, get(end), [
      ...[0, 1, 2, 3].flatMap(wordsOf),
      ...set(word, ...number(0)),
      ...loop(word, 16, number(48 * 16), store(get(word), PLACES.schedule + 16 * 16, nextWord())),
      ...state.flatMap((local, at) => set(local, ...load(number(0), PLACES.state + at * 16))),
      ...set(word, ...number(0)),
      ...set(constant, ...number(0)),
      ...loop(word, 8 * 16, number(64 * 16), [
        ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap(round),
        ...set(constant, ...plus(get(constant), number(32))),
      ]),
      ...state.flatMap((local, at) => {
        const place = PLACES.state + at * 16;
        return store(number(0), place, add(get(local), load(number(0), place)));
      }),
    ]),
  ];
}

/** Four words of each message become four vectors. */
function wordsOf(quarter: number): Code {
  const from = (lane: number) => load(get(block), PLACES.lanes + lane * LANE + quarter * 16);
  const to = (at: number, value: Code) => store(number(0), PLACES.schedule + (quarter * 4 + at) * 16, value);
  return [
    ...set(12, ...shuffle(from(0), from(1), swapped([0, 4, 1, 5]))),
    ...set(13, ...shuffle(from(2), from(3), swapped([0, 4, 1, 5]))),
    ...set(14, ...shuffle(from(0), from(1), swapped([2, 6, 3, 7]))),
    ...set(15, ...shuffle(from(2), from(3), swapped([2, 6, 3, 7]))),
    ...to(0, shuffle(rows[0], rows[1], asTheyAre([0, 1, 4, 5]))),
    ...to(1, shuffle(rows[0], rows[1], asTheyAre([2, 3, 6, 7]))),
    ...to(2, shuffle(rows[2], rows[3], asTheyAre([0, 1, 4, 5]))),
    ...to(3, shuffle(rows[2], rows[3], asTheyAre([2, 3, 6, 7]))),
  ];
}

function nextWord(): Code {
  const before = (count: number) => load(get(word), PLACES.schedule + (16 - count) * 16);
  const [x, y] = [before(15), before(2)];
  return add(
    before(16),
    xor(rotate(x, 7), rotate(x, 18), shiftRight(x, 3)),
    before(7),
    xor(rotate(y, 17), rotate(y, 19), shiftRight(y, 10)),
  );
}

/** The `nth` round of eight. The variables are not moved: each round has them one further. */
function round(nth: number): Code {
  const local = (name: number) => state[(name - nth + 8) & 7];
  const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((name) => get(local(name)));
  const sum = 12;
  return [
    ...set(
      sum,
      ...add(
        h,
        xor(rotate(e, 6), rotate(e, 11), rotate(e, 25)),
        select(f, g, e),
        load(get(constant), PLACES.constants + nth * 4, SPLAT),
        load(get(word), PLACES.schedule + nth * 16),
      ),
    ),
    ...set(local(3), ...add(d, rows[0])),
    ...set(
      local(7),
      ...add(rows[0], xor(rotate(a, 2), rotate(a, 13), rotate(a, 22)), select(c, a, xor(a, b))),
    ),
  ];
}

const functionOf = (locals: Code[], code: Code): Code => sized([...list(locals), ...code, 0x0b]);

export function sha256Module(): Sha256Module {
  const bytes = new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, 4, I32, I32, I32, I32, 0], [0x60, 1, I32, 0]]),
    ...section(3, [[0], [1]]),
    ...section(5, [[0, PAGES]]),
    ...section(7, [[...text("memory"), 2, 0], [...text("pad"), 0, 0], [...text("hash"), 0, 1]]),
    ...section(10, [
      functionOf([[2, I32]], padCode()),
      functionOf([[3, I32], [12, V128]], hashCode()),
    ]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const module = exports as unknown as Sha256Module;
  new Uint32Array(module.memory.buffer, PLACES.constants).set([...K, ...START]);
  return module;
}
