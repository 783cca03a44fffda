/**
 * Prepares the values of a message for sending. Nearly every message can be sent as it is, which {@link isReady} finds
 * out by a quick check of each value.
 */

import { MisfitError } from "../errors.ts";
import { mapGet, mapSet, partOf, setAdd, setHas, uncurried } from "./intrinsics.ts";
import { Lines, type Values } from "./lines.ts";
import { MANY, PACKED, RECORD_LENGTH, type TaskRequest, type UserValues } from "./message.ts";
import { type Packed, packValue } from "./packed.ts";
import { isPlain } from "./plain.ts";
import { handleRejections } from "./refused_promises.ts";
import { takeApart } from "./series.ts";
import type { Boundary } from "./value_kind.ts";

const { ArrayBuffer, Map, Set } = globalThis;
const setSize = uncurried(Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get!);

/** Transfer lists by the index in the message at which their record begins. Undefined for nearly every message. */
export type Transfers = Map<number, Transferable[]> | undefined;

/** What is needed to prepare a message. */
interface Readying {
  boundary: Boundary;
  holds: UserValues;
  /** Called for a record with a value that cannot be sent. May return a substitute for the record. */
  refuse(id: number, kind: number, error: MisfitError): unknown[] | undefined;
}

/** A message whose values are all ready to be sent. */
interface Ready {
  message: unknown[];
  transfers: Transfers;
  /** The stand-ins in the message. */
  packed: Set<Packed>;
}

/** Whether all values of a message are certain to arrive unchanged. */
export function isReady(message: unknown[], transfers: Transfers, holds: UserValues): boolean {
  if (transfers) return false;
  for (let at = 0; at < message.length; at += RECORD_LENGTH) {
    const kind = message[at] as number;
    const value = message[at + 3];
    if (kind === MANY ? !arePlain(value as Values) : !isPlain(valueIn(value, holds[kind]))) return false;
  }
  return true;
}

/** Prepares a message for which {@link isReady} returned false. */
export function makeReady(message: unknown[], transfers: Transfers, readying: Readying): Ready {
  const ready: Ready = { message: [], transfers: undefined, packed: new Set() };
  const add = (record: unknown[] | undefined, transfer?: Transferable[]) => {
    if (!record) return;
    if (transfer) mapSet(ready.transfers ??= new Map(), ready.message.length, transfer);
    for (let k = 0; k < RECORD_LENGTH; k++) ready.message[ready.message.length] = record[k];
  };
  for (let at = 0; at < message.length; at += RECORD_LENGTH) {
    const record = partOf(message, at, at + RECORD_LENGTH);
    const transfer = transfers && mapGet(transfers, at);
    if (record[0] !== MANY) add(readyRecord(record, transfer, ready.packed, readying), transfer);
    else if (arePlain(record[3] as Values)) add(record);
    else {
      const ones = takeApart(record);
      for (let k = 0; k < ones.length; k += RECORD_LENGTH) {
        add(readyRecord(partOf(ones, k, k + RECORD_LENGTH), undefined, ready.packed, readying));
      }
    }
  }
  return ready;
}

/** Returns the records. If values in them have stand-ins, a record that lists these comes first. */
export function withPacked(records: unknown[], packed: Set<Packed>): unknown[] {
  if (setSize(packed) === 0) return records;
  const inside: unknown[] = [];
  for (let at = 3; at < records.length; at += RECORD_LENGTH) {
    const value = records[at];
    const input = inputOf(value);
    if (setHas(packed, value as Packed)) inside[inside.length] = value;
    if (setHas(packed, input as Packed)) inside[inside.length] = input;
  }
  if (inside.length === 0) return records;
  const all: unknown[] = [PACKED, 0, 0, inside];
  for (let at = 0; at < records.length; at++) all[all.length] = records[at];
  return all;
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
    return [kind, id, number, where === "value" ? sent : { ...value as TaskRequest, input: sent }];
  } catch (error) {
    if (where === "value") handleRejections(value);
    return refuse(id, kind, error as MisfitError);
  }
}

function packOne(value: unknown, transfer: Transferable[] | undefined, boundary: Boundary): Packed {
  if (boundary === "thread") return packValue(value, { boundary, moved: transfer });
  // Nothing moves between processes: the values in the list are copied, and then detached here.
  const packed = packValue(value, { boundary, moved: undefined });
  const other = transfer?.find((one) => !(one instanceof ArrayBuffer));
  if (other === undefined) return packed;
  // By the constructor, because on Node the tag of a MessagePort is EventTarget.
  const name = other.constructor?.name || "value";
  throw new MisfitError({
    place: "",
    what: `cannot be sent with a ${name} to move: only ArrayBuffers can be moved to or from a process`,
  });
}

function valueIn(value: unknown, where: "value" | "input" | undefined): unknown {
  return where === "input" ? (value as TaskRequest).input : where === "value" ? value : undefined;
}

/** Returns the input of a request; undefined for other values. */
export function inputOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "input" in value ? value.input : undefined;
}
