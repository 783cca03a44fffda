/**
 * Collects the records of one turn and posts them as one message. If a record cannot be cloned, it is found and
 * reported alone, and the others are sent.
 */

import type { Channel } from "./channel.ts";
import { floor, isArray, mapGet, mapSet, partOf, round, setHas } from "./intrinsics.ts";
import { movesWell, pack, type Values } from "./lines.ts";
import {
  MANY,
  ONE,
  RECORD_LENGTH,
  type TaskRequest,
  type ToCallerRecord,
  type ToWorkerRecord,
  type UserValues,
} from "./message.ts";
import type { Packed } from "./packed.ts";
import { isReady, makeReady, type Transfers, withPacked } from "./ready.ts";
import { takeApart } from "./series.ts";
import { findUncloneable } from "./uncloneable.ts";
import { bufferOf } from "./view_facts.ts";

const { Map } = globalThis;

/** Called with the record that could not be cloned, and the error. May return a substitute, which must be clonable. */
type OnUnsendable<R> = (id: number, kind: number, error: unknown) => R | undefined;

export class Outbox<R extends ToWorkerRecord | ToCallerRecord> {
  readonly #channel: Channel;
  readonly #onUnsendable: OnUnsendable<R>;
  readonly #holds: UserValues;
  #message: unknown[] = [];
  #size = 0;
  #flushing = false;
  #transfers: Transfers;
  /** The id with which a record of kind ONE joins the previous record. */
  #nextId = NaN;
  #values: unknown[] | undefined;
  /** The numbers of this series: the first one, the sum and count of those that are sent as their mean, and a list with the others. */
  #first = 0;
  #shortSum = 0;
  #shorts = 0;
  #others: number[] | undefined;
  readonly #meanBelow: number;

  /**
   * `holds` says which records contain values of the user, which may be of any kind. The numbers of a series that are below
   * `meanBelow` are sent as their mean.
   */
  constructor(channel: Channel, onUnsendable: OnUnsendable<R>, holds: UserValues = {}, meanBelow = 0) {
    this.#channel = channel;
    this.#onUnsendable = onUnsendable;
    this.#holds = holds;
    this.#meanBelow = meanBelow;
  }

  /** Number of records that wait to be posted. */
  get size(): number {
    return this.#size;
  }

  /** Adds one record. The values in `transfer` are moved with it. */
  push(record: R, transfer?: Transferable[]): void {
    this.add(record[0], record[1], record[2], record[3], transfer);
  }

  /** Adds one record, like {@link push}, without an array per record. Used for records that are sent for every task. */
  add(kind: R[0], id: number, number: number, value: unknown, transfer?: Transferable[]): void {
    const joins = kind === ONE && !transfer?.length;
    if (joins && id === this.#nextId) return this.#join(number, value);
    if (transfer?.length) mapSet(this.#transfers ??= new Map(), this.#message.length, transfer);
    this.#endSeries();
    this.#put(kind, id, number, value);
    this.#size++;
    this.#nextId = joins ? id + 1 : NaN;
  }

  /** Adds a series: records of kind ONE with consecutive ids. The outbox takes over the array of values. */
  addMany(id: number, number: number, values: Values): void {
    this.#endSeries();
    this.#put(MANY, id, number, values);
    this.#size += values.length;
    this.#nextId = NaN;
  }

  // By assignments in all of this file, because a task may replace the methods of arrays.
  #put(kind: number, id: number, number: number, value: unknown): void {
    const message = this.#message;
    const at = message.length;
    message[at] = kind;
    message[at + 1] = id;
    message[at + 2] = number;
    message[at + 3] = value;
  }

  /** Posts the collected records. Records that are added meanwhile (a failure may cause a cancellation) are posted after them. */
  flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#message.length > 0) {
      this.#endSeries();
      const message = this.#message;
      const transfers = this.#transfers;
      this.#message = [];
      this.#size = 0;
      this.#transfers = undefined;
      this.#nextId = NaN;
      if (isReady(message, transfers, this.#holds)) this.#postAll(message, packTexts(message, transfers));
      else this.#makeReady(message, transfers);
    }
    this.#flushing = false;
  }

  /** Posts a message with values that may have to be sent in another form. */
  #makeReady(all: unknown[], allTransfers: Transfers): void {
    const { message, transfers, packed } = makeReady(all, allTransfers, {
      boundary: this.#channel.boundary,
      holds: this.#holds,
      refuse: this.#onUnsendable,
    });
    this.#postAll(message, packTexts(message, transfers), packed);
  }

  /** Adds a value to the last record, which is a series or becomes one. */
  #join(number: number, value: unknown): void {
    const message = this.#message;
    const last = message.length - RECORD_LENGTH;
    if (!this.#values) {
      message[last] = MANY;
      message[last + 3] = this.#values = [message[last + 3]];
      this.#first = message[last + 2] as number;
      this.#shortSum = this.#shorts = 0;
      this.#others = undefined;
      this.#takeNumber(this.#first, 0);
    }
    this.#takeNumber(number, this.#values.length);
    this.#values[this.#values.length] = value;
    this.#size++;
    this.#nextId++;
  }

  #takeNumber(number: number, place: number): void {
    if (number < this.#meanBelow) {
      this.#shortSum += number;
      this.#shorts++;
    } else if (this.#meanBelow > 0 || number !== this.#first) {
      // The first element is set at the end of the series.
      const others = this.#others ??= [0];
      others[others.length] = place;
      others[others.length] = number;
    }
  }

  /** Ends the series that the last record may be. */
  #endSeries(): void {
    if (!this.#values) return;
    this.#values = undefined;
    const most = this.#shorts > 0 ? round(this.#shortSum / this.#shorts * 1_000) / 1_000 : this.#first;
    if (this.#others) this.#others[0] = most;
    this.#message[this.#message.length - RECORD_LENGTH + 2] = this.#others ?? most;
  }

  #postAll(message: unknown[], moves: Move[], packed?: Set<Packed>): void {
    let start = 0;
    const still = { packed, transfer: undefined };
    // A record that moves values is posted alone, because a failed post also detaches the values that other records transfer.
    for (let k = 0; k < moves.length; k++) {
      const at = moves[k][0];
      const transfer = moves[k][1];
      this.#post(message, start, at, still);
      this.#post(message, at, at + RECORD_LENGTH, { packed, transfer });
      start = at + RECORD_LENGTH;
    }
    this.#post(message, start, message.length, still);
  }

  /** Posts the records in `[start, end)`. If that fails, halves the range until the record that cannot be cloned is alone. */
  #post(message: unknown[], start: number, end: number, how: HowPosted): void {
    if (start === end) return;
    const part = end - start === message.length ? message : partOf(message, start, end);
    const { transfer = [], packed } = how;
    try {
      this.#channel.post(packed ? withPacked(part, packed) : part, transfer);
      return;
    } catch (error) {
      if (end - start === RECORD_LENGTH && message[start] !== MANY) {
        const cause = this.#placed(part, how, error);
        const substitute = this.#onUnsendable(part[1] as number, part[0] as number, cause);
        // In the record's own position, because later records may depend on it.
        if (substitute) this.#channel.post(substitute, []);
        return;
      }
    }
    if (end - start === RECORD_LENGTH) {
      const ones = takeApart(part);
      return this.#post(ones, 0, ones.length, how);
    }
    const records = (end - start) / RECORD_LENGTH;
    const middle = start + floor(records / 2) * RECORD_LENGTH;
    this.#post(message, start, middle, how);
    this.#post(message, middle, end, how);
  }

  /** Returns the reason why a record's value could not be cloned. Names the place in a value of the user. */
  #placed(record: unknown[], { transfer, packed }: HowPosted, error: unknown): unknown {
    const where = this.#holds[record[0] as number];
    const value = record[3];
    if (where === undefined) return error;
    const sent = where === "input" ? (value as TaskRequest).input : value;
    const own = packed && setHas(packed, sent as Packed) ? (sent as Packed).value : sent;
    return findUncloneable(own, transfer, error);
  }
}

/** How a range of records is posted. All properties are set, because a task may add some to all objects. */
interface HowPosted {
  transfer: Transferable[] | undefined;
  packed: Set<Packed> | undefined;
}

/** The start of a record that moves values, and its transfer list. */
type Move = [at: number, transfer: Transferable[]];

/** Packs series of texts as lines. Returns the records that move values, in order: these are large blocks of lines. */
function packTexts(message: unknown[], transfers: Transfers): Move[] {
  const moves: Move[] = [];
  for (let at = 0; at < message.length; at += RECORD_LENGTH) {
    const transfer = transfers && mapGet(transfers, at);
    if (transfer) moves[moves.length] = [at, transfer];
    if (message[at] !== MANY) continue;
    const packed = message[at + 3] = pack(message[at + 3] as Values);
    if (!isArray(packed) && movesWell(packed)) {
      moves[moves.length] = [at, [bufferOf(packed.bytes) as ArrayBuffer]];
    }
  }
  return moves;
}
