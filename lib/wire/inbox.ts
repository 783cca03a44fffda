/** Reads the records of a received message. */

import { partOf, setAdd, setHas } from "./intrinsics.ts";
import { unpack, type Values } from "./lines.ts";
import { MANY, PACKED, RECORD_LENGTH, type TaskRequest } from "./message.ts";
import type { Packed } from "./packed.ts";
import { inputOf } from "./ready.ts";
import { takeApart } from "./series.ts";
import type { Numbers } from "./series_numbers.ts";
import { unpackValue } from "./unpacked.ts";

const { Set } = globalThis;

/** Takes the four elements of a record. */
type Receive = (kind: number, id: number, number: number, value: unknown) => void;

/** Takes a series: records of kind `ONE` with consecutive ids. */
type ReceiveSeries = (id: number, numbers: Numbers, values: Values) => void;

/** Passes each record of a message to `receive`, in order. Passes each series to `receiveSeries`, if that is given. */
export function eachRecord(message: unknown[], receive: Receive, receiveSeries?: ReceiveSeries): void {
  const isPacked = message[0] === PACKED;
  if (isPacked) unpackAll(message);
  for (let at = isPacked ? RECORD_LENGTH : 0; at < message.length; at += RECORD_LENGTH) {
    if (message[at] !== MANY) {
      receive(
        message[at] as number,
        message[at + 1] as number,
        message[at + 2] as number,
        message[at + 3],
      );
    } else if (receiveSeries) {
      receiveSeries(message[at + 1] as number, message[at + 2] as Numbers, unpack(message[at + 3]));
    } else eachRecord(takeApart(partOf(message, at, at + RECORD_LENGTH)), receive);
  }
}

/** Restores the values of a message that were sent in another form. The first record of the message lists their stand-ins. */
function unpackAll(message: unknown[]): void {
  const packed = new Set<Packed>();
  const all = message[3] as Packed[];
  for (let at = 0; at < all.length; at++) setAdd(packed, all[at]);
  for (let at = RECORD_LENGTH; at < message.length; at += RECORD_LENGTH) {
    const value = message[at + 3];
    const input = inputOf(value);
    if (setHas(packed, value as Packed)) message[at + 3] = unpackValue(value as Packed);
    else if (setHas(packed, input as Packed)) (value as TaskRequest).input = unpackValue(input as Packed);
  }
}
