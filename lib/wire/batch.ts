/**
 * Many records in one post. An {@link Outbox} collects what becomes ready within a turn and sends it
 * as one flat array; a record that cannot be cloned is found and reported alone, its neighbours leave.
 *
 * @module
 */

import type { Channel } from "./channel.ts";
import { movesWell, pack, unpack, type Values } from "./lines.ts";
import {
  MANY,
  ONE,
  PACKED,
  type RunRequest,
  type ToCallerRecord,
  type ToWorkerRecord,
  type UserValues,
} from "./message.ts";
import { floor, partOf, uncurried } from "./intrinsics.ts";
import type { Packed } from "./packed.ts";
import { findUncloneable } from "./uncloneable.ts";
import { isReady, makeReady, takeApart, type Transfers, unpackAll, withPacked } from "./ready.ts";

const { Map } = globalThis;
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const setHas = uncurried(Set.prototype.has);

/** Slots per record: kind, id, number, value. */
const STRIDE = 4;

/**
 * Is told which record could not be cloned, and why. May return a substitute, which must be clonable.
 */
type OnUnsendable<R> = (id: number, kind: number, error: unknown) => R | undefined;

/** Any record, taken apart. */
type Receive = (kind: number, id: number, number: number, value: unknown) => void;

/** Records of kind {@link ONE} with consecutive ids. */
type ReceiveMany = (id: number, numbers: number | number[], values: Values) => void;

/** Collects records and posts them together. */
export class Outbox<R extends ToWorkerRecord | ToCallerRecord> {
  readonly #channel: Channel;
  readonly #onUnsendable: OnUnsendable<R>;
  readonly #holds: UserValues;
  #batch: unknown[] = [];
  #size = 0;
  #flushing = false;
  #transfers: Transfers;
  /** With this id, a record of kind ONE joins the one before it. */
  #nextId = NaN;
  #values: unknown[] | undefined;
  #numbers: number[] | undefined;

  /** `holds` says which records have values of the user's, which may be anything. */
  constructor(channel: Channel, onUnsendable: OnUnsendable<R>, holds: UserValues = {}) {
    this.#channel = channel;
    this.#onUnsendable = onUnsendable;
    this.#holds = holds;
  }

  /** Records waiting to be posted. */
  get size(): number {
    return this.#size;
  }

  /** Adds one record; `transfer` moves with it. */
  push(record: R, transfer?: Transferable[]): void {
    this.add(record[0], record[1], record[2], record[3], transfer);
  }

  /** The same without an array for the record: for the places that send one per task. */
  add(kind: R[0], id: number, number: number, value: unknown, transfer?: Transferable[]): void {
    const joins = kind === ONE && !transfer?.length;
    if (joins && id === this.#nextId) return this.#join(number, value);
    if (transfer?.length) mapSet(this.#transfers ??= new Map(), this.#batch.length, transfer);
    this.#put(kind, id, number, value);
    this.#size++;
    this.#values = this.#numbers = undefined;
    this.#nextId = joins ? id + 1 : NaN;
  }

  /** Adds records of kind ONE with consecutive ids. An array of values is ours from now on. */
  addMany(id: number, number: number, values: Values): void {
    this.#put(MANY, id, number, values);
    this.#size += values.length;
    this.#nextId = NaN;
  }

  /** By assignments: a task may replace the methods of arrays, here as in the whole of this file. */
  #put(kind: number, id: number, number: number, value: unknown): void {
    const batch = this.#batch;
    const at = batch.length;
    batch[at] = kind;
    batch[at + 1] = id;
    batch[at + 2] = number;
    batch[at + 3] = value;
  }

  /** Posts what was collected. What is pushed meanwhile (a failure may lead to a cancellation) leaves after it. */
  flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#batch.length > 0) {
      const batch = this.#batch;
      const transfers = this.#transfers;
      this.#batch = [];
      this.#size = 0;
      this.#transfers = undefined;
      this.#nextId = NaN;
      if (isReady(batch, transfers, this.#holds)) this.#postAll(batch, packTexts(batch, transfers));
      else this.#makeReady(batch, transfers);
    }
    this.#flushing = false;
  }

  /** Posts a batch with values that may not cross as they are. */
  #makeReady(all: unknown[], allTransfers: Transfers): void {
    const { batch, transfers, packed } = makeReady(all, allTransfers, {
      boundary: this.#channel.boundary,
      holds: this.#holds,
      refuse: this.#onUnsendable,
    });
    this.#postAll(batch, packTexts(batch, transfers), packed);
  }

  /** Makes the last record one of many. */
  #join(number: number, value: unknown): void {
    const batch = this.#batch;
    const last = batch.length - STRIDE;
    if (!this.#values) {
      batch[last] = MANY;
      batch[last + 3] = this.#values = [batch[last + 3]];
    }
    if (this.#numbers) this.#numbers[this.#numbers.length] = number;
    else if (number !== batch[last + 2]) {
      // One by one, because an array that was made with a length counts as one with holes, and crosses as slowly.
      const numbers: number[] = this.#numbers = [];
      for (let at = 0; at < this.#values.length; at++) numbers[at] = batch[last + 2] as number;
      numbers[numbers.length] = number;
      batch[last + 2] = numbers;
    }
    this.#values[this.#values.length] = value;
    this.#size++;
    this.#nextId++;
  }

  #postAll(batch: unknown[], moves: [slot: number, transfer: Transferable[]][], packed?: Set<Packed>): void {
    let start = 0;
    // What moves is posted alone: a post that fails for one record has taken away what the others transfer.
    for (let at = 0; at < moves.length; at++) {
      const slot = moves[at][0];
      const transfer = moves[at][1];
      this.#post(batch, start, slot, { packed });
      this.#post(batch, slot, slot + STRIDE, { packed, transfer });
      start = slot + STRIDE;
    }
    this.#post(batch, start, batch.length, { packed });
  }

  /** Posts the records in `[start, end)`. When one of them cannot be cloned, halves the range until it is alone. */
  #post(batch: unknown[], start: number, end: number, how: HowPosted): void {
    if (start === end) return;
    const part = end - start === batch.length ? batch : partOf(batch, start, end);
    const { transfer = [], packed } = how;
    try {
      this.#channel.post(packed ? withPacked(part, packed) : part, transfer);
      return;
    } catch (error) {
      if (end - start === STRIDE && batch[start] !== MANY) {
        const cause = this.#placed(part, how, error);
        const substitute = this.#onUnsendable(part[1] as number, part[0] as number, cause);
        // In the record's own place: what follows may depend on it having arrived.
        if (substitute) this.#channel.post(substitute, []);
        return;
      }
    }
    if (end - start === STRIDE) {
      const ones = takeApart(unpackMany(part));
      return this.#post(ones, 0, ones.length, how);
    }
    const records = (end - start) / STRIDE;
    const middle = start + floor(records / 2) * STRIDE;
    this.#post(batch, start, middle, how);
    this.#post(batch, middle, end, how);
  }

  /** Why a record's value could not be cloned, with its place where that is a value of the user's. */
  #placed(record: unknown[], { transfer, packed }: HowPosted, error: unknown): unknown {
    const where = this.#holds[record[0] as number];
    const value = record[3];
    if (where === undefined) return error;
    const sent = where === "input" ? (value as RunRequest).input : value;
    const own = packed && setHas(packed, sent as Packed) ? (sent as Packed).value : sent;
    return findUncloneable(own, transfer, error);
  }
}

/** What goes with records that are posted. */
interface HowPosted {
  transfer?: Transferable[];
  packed?: Set<Packed>;
}

/** Makes lines of what is many texts. Returns what moves, by slot, in order: many bytes do. */
function packTexts(
  batch: unknown[],
  transfers: Transfers,
): [slot: number, transfer: Transferable[]][] {
  const moves: [number, Transferable[]][] = [];
  for (let slot = 0; slot < batch.length; slot += STRIDE) {
    const transfer = transfers && mapGet(transfers, slot);
    if (transfer) moves[moves.length] = [slot, transfer];
    if (batch[slot] !== MANY) continue;
    const packed = batch[slot + 3] = pack(batch[slot + 3] as Values);
    if ("bytes" in packed && movesWell(packed)) {
      moves[moves.length] = [slot, [packed.bytes.buffer as ArrayBuffer]];
    }
  }
  return moves;
}

/** Hands each record of a batch to `receive`, in order; those that share one to `receiveMany`, if it is there. */
export function eachRecord(batch: unknown[], receive: Receive, receiveMany?: ReceiveMany): void {
  const isPacked = batch[0] === PACKED;
  if (isPacked) unpackAll(batch);
  for (let slot = isPacked ? STRIDE : 0; slot < batch.length; slot += STRIDE) {
    if (batch[slot] !== MANY) {
      receive(
        batch[slot] as number,
        batch[slot + 1] as number,
        batch[slot + 2] as number,
        batch[slot + 3],
      );
    } else if (receiveMany) {
      receiveMany(
        batch[slot + 1] as number,
        batch[slot + 2] as number | number[],
        unpack(batch[slot + 3]),
      );
    } else eachRecord(takeApart(unpackMany(partOf(batch, slot, slot + STRIDE))), receive);
  }
}

/** A record of many that came, or was packed to go: with its values as a list, or as lines. */
function unpackMany(record: unknown[]): unknown[] {
  return [record[0], record[1], record[2], unpack(record[3])];
}
