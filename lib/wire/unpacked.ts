/** Restores the parts of a value that were sent in another form: errors, and the `lastIndex` of regular expressions. */

import { fromErrorData } from "./error_data.ts";
import {
  keysOf,
  mapForEach,
  mapGet,
  mapSet,
  setAdd,
  setForEach,
  setHas,
  setOwn,
  uncurried,
} from "./intrinsics.ts";
import type { Packed } from "./packed.ts";

const { Map, Set, ArrayBuffer } = globalThis;
const { isView } = ArrayBuffer;
const mapClear = uncurried(Map.prototype.clear);
const mapHas = uncurried(Map.prototype.has);
const setClear = uncurried(Set.prototype.clear);

export function unpackValue({ value, stands }: Packed): unknown {
  const errors = new Map<unknown, unknown>();
  let isAny = false;
  for (let at = 0; at < stands.length; at++) {
    const object = stands[at][0];
    const content = stands[at][1];
    if (typeof content === "number") (object as RegExp).lastIndex = content;
    else {
      mapSet(errors, object, fromErrorData(content));
      isAny = true;
    }
  }
  return !isAny ? value : putBack(value, errors, new Set());
}

/** Replaces stand-ins by their errors. A received value contains only plain objects and objects of the platform. */
function putBack(value: unknown, errors: Map<unknown, unknown>, seen: Set<unknown>): unknown {
  if (typeof value !== "object" || value === null || isView(value)) return value;
  if (mapHas(errors, value)) return mapGet(errors, value);
  if (setHas(seen, value)) return value;
  setAdd(seen, value);
  if (value instanceof Map) {
    const entries: unknown[] = [];
    mapForEach(value, (content, key) => {
      entries[entries.length] = key;
      entries[entries.length] = content;
    });
    mapClear(value);
    for (let at = 0; at < entries.length; at += 2) {
      mapSet(value, putBack(entries[at], errors, seen), putBack(entries[at + 1], errors, seen));
    }
  } else if (value instanceof Set) {
    const elements: unknown[] = [];
    setForEach(value, (element) => elements[elements.length] = element);
    setClear(value);
    for (let at = 0; at < elements.length; at++) setAdd(value, putBack(elements[at], errors, seen));
  } else {
    const keys = keysOf(value);
    for (let k = 0; k < keys.length; k++) {
      const field = (value as Record<string, unknown>)[keys[k]];
      const mended = putBack(field, errors, seen);
      if (mended !== field) setOwn(value, keys[k], mended);
    }
  }
  return value;
}
