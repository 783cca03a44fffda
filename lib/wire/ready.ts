/**
 * Makes the values of a batch ready to cross, and puts them back on the other side. Nearly every batch crosses as it
 * is, which {@link isReady} finds out at a quick look.
 *
 * @module
 */

import { MisfitError } from "../errors.ts";
import { isArray, partOf, uncurried } from "./intrinsics.ts";
import { Lines, type Values } from "./lines.ts";
import { MANY, ONE, PACKED, type RunRequest, type UserValues } from "./message.ts";
import { type Packed, packValue, unpackValue } from "./packed.ts";
import { isPlain } from "./plain.ts";
import type { Boundary } from "./value_kind.ts";

const { ArrayBuffer, Map, Set } = globalThis;
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const setAdd = uncurried(Set.prototype.add);
const setHas = uncurried(Set.prototype.has);
const setSize = uncurried(Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!);

/** Slots per record: kind, id, number, value. */
const STRIDE = 4;

/** Transfer lists by the slot their record starts at; absent in nearly every batch. */
export type Transfers = Map<number, Transferable[]> | undefined;

/** What it takes to make a batch ready. */
export interface Readying {
  boundary: Boundary;
  holds: UserValues;
  /** Is told of a record with a value that cannot cross; may return another in its place. */
  refuse(id: number, kind: number, error: MisfitError): unknown[] | undefined;
}

/** A batch in which all values are ready to cross. */
export interface Ready {
  batch: unknown[];
  transfers: Transfers;
  /** What stands in it for values that do not cross as they are. */
  packed: Set<Packed>;
}

/** Whether all values of a batch surely cross as they are. */
export function isReady(batch: unknown[], transfers: Transfers, holds: UserValues): boolean {
  if (transfers) return false;
  for (let slot = 0; slot < batch.length; slot += STRIDE) {
    const kind = batch[slot] as number;
    const value = batch[slot + 3];
    if (kind === MANY ? !arePlain(value as Values) : !isPlain(valueIn(value, holds[kind]))) return false;
  }
  return true;
}

/** Makes a batch of which that is not sure ready. */
export function makeReady(batch: unknown[], transfers: Transfers, readying: Readying): Ready {
  const ready: Ready = { batch: [], transfers: undefined, packed: new Set() };
  const add = (record: unknown[] | undefined, transfer?: Transferable[]) => {
    if (!record) return;
    if (transfer) mapSet(ready.transfers ??= new Map(), ready.batch.length, transfer);
    for (let at = 0; at < STRIDE; at++) ready.batch[ready.batch.length] = record[at];
  };
  for (let slot = 0; slot < batch.length; slot += STRIDE) {
    const record = partOf(batch, slot, slot + STRIDE);
    const transfer = transfers && mapGet(transfers, slot);
    if (record[0] !== MANY) add(readyRecord(record, transfer, ready.packed, readying), transfer);
    else if (arePlain(record[3] as Values)) add(record);
    else {
      const ones = takeApart(record);
      for (let at = 0; at < ones.length; at += STRIDE) {
        add(readyRecord(partOf(ones, at, at + STRIDE), undefined, ready.packed, readying));
      }
    }
  }
  return ready;
}

/** Puts what stands for values of these records before them, where there is some. */
export function withPacked(records: unknown[], packed: Set<Packed>): unknown[] {
  if (setSize(packed) === 0) return records;
  const inside: unknown[] = [];
  for (let slot = 3; slot < records.length; slot += STRIDE) {
    const value = records[slot];
    const input = inputOf(value);
    if (setHas(packed, value as Packed)) inside[inside.length] = value;
    if (setHas(packed, input as Packed)) inside[inside.length] = input;
  }
  if (inside.length === 0) return records;
  const all: unknown[] = [PACKED, 0, 0, inside];
  append(all, records);
  return all;
}

/** Puts the values back for which something stands in a batch that came. */
export function unpackAll(batch: unknown[]): void {
  const packed = new Set<Packed>();
  const all = batch[3] as Packed[];
  for (let at = 0; at < all.length; at++) setAdd(packed, all[at]);
  for (let slot = STRIDE; slot < batch.length; slot += STRIDE) {
    const value = batch[slot + 3];
    const input = inputOf(value);
    if (setHas(packed, value as Packed)) batch[slot + 3] = unpackValue(value as Packed);
    else if (setHas(packed, input as Packed)) (value as RunRequest).input = unpackValue(input as Packed);
  }
}

/** The records that share one, as one list. */
export function takeApart(record: unknown[]): unknown[] {
  const id = record[1] as number;
  const number = record[2];
  const values = record[3];
  const numbers = isArray(number) ? number : undefined;
  const list = values instanceof Lines ? values.toArray() : values as unknown[];
  const ones: unknown[] = [];
  for (let at = 0; at < list.length; at++) {
    append(ones, [ONE, id + at, numbers ? numbers[at] : number, list[at]]);
  }
  return ones;
}

/** Puts elements at the end of a list. */
function append(list: unknown[], elements: unknown[]): void {
  for (let at = 0; at < elements.length; at++) list[list.length] = elements[at];
}

function arePlain(values: Values): boolean {
  if (values instanceof Lines) return true;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value !== "number" && typeof value !== "string" && !isPlain(value)) return false;
  }
  return true;
}

function readyRecord(
  record: unknown[],
  transfer: Transferable[] | undefined,
  packed: Set<Packed>,
  { boundary, holds, refuse }: Readying,
): unknown[] | undefined {
  const kind = record[0] as number;
  const id = record[1] as number;
  const number = record[2];
  const value = record[3];
  const where = holds[kind];
  if (where === undefined) return record;
  try {
    const crossed = packOne(valueIn(value, where), transfer, boundary);
    if (crossed.stands.length > 0) setAdd(packed, crossed);
    const sent = crossed.stands.length > 0 ? crossed : crossed.value;
    return [kind, id, number, where === "value" ? sent : { ...value as RunRequest, input: sent }];
  } catch (error) {
    return refuse(id, kind, error as MisfitError);
  }
}

function packOne(value: unknown, transfer: Transferable[] | undefined, boundary: Boundary): Packed {
  if (boundary === "thread") return packValue(value, { boundary, moved: transfer });
  // Nothing moves between processes: what is in the list is copied, and then gone here.
  const packed = packValue(value, { boundary });
  const other = transfer?.find((one) => !(one instanceof ArrayBuffer));
  if (other === undefined) return packed;
  const name = Object.prototype.toString.call(other).slice(8, -1);
  throw new MisfitError({
    place: "",
    what: `cannot move a ${name} to or from a process, which takes ArrayBuffers alone`,
  });
}

function valueIn(value: unknown, where: "value" | "input" | undefined): unknown {
  return where === "input" ? (value as RunRequest).input : where === "value" ? value : undefined;
}

function inputOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "input" in value ? value.input : undefined;
}
