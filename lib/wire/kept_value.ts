/**
 * What can be kept of a value that is on an error, or was thrown: a copy in which what cannot be cloned is left out where
 * it stands. Such values are not made to be sent: an HTTP client's error has functions, sockets and itself in it.
 *
 * @module
 */

import { getPrototypeOf, hasOwn, keysOf, setOwn, tagOf, uncurried } from "./intrinsics.ts";
import { kindOf } from "./value_kind.ts";

/** The way from a value to what stands in it: keys of objects, numbers of elements of arrays and of entries of maps. */
export type Path = (string | number)[];

/** What was kept. */
export interface Kept {
  value: unknown;
  /** The errors in it, each with its place: in the copy there is null. */
  errors: { path: Path; error: object }[];
}

/**
 * So many objects are copied of what is on one error, those next to the error first. A guess: an HTTP client's request has
 * some hundreds, and what a retry or a reader looks for is among the first.
 */
const MOST_OBJECTS = 10_000;

/** What is deeper in other objects is left out: the platform's clone calls itself for each level, and has room for some thousand. */
const DEEPEST = 200;

/** Longer arrays are copied key by key: they may be all holes. */
const LONG = 65_536;

/** Where keys of a map and elements of a set are: an error in them has no place to be put back. */
const NOWHERE = -1;

/** Stands for what cannot be kept. */
const LEFT_OUT = Symbol("left out");

/** What is worth keeping of the Web's objects, whose fields are no properties of their own. */
const FIELDS: Record<string, string[]> = {
  __proto__: null as never,
  Response: ["status", "statusText", "ok", "url", "redirected", "type", "headers"],
  Request: ["method", "url", "headers"],
};

const { structuredClone, Error, Map, Set, DataView } = globalThis;
const mapForEach = uncurried(Map.prototype.forEach);
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const setForEach = uncurried(Set.prototype.forEach);
const setAdd = uncurried(Set.prototype.add);
const sliceView = uncurried(getPrototypeOf(Uint8Array.prototype).slice as (this: object) => ArrayBufferView);
const sliceBuffer = uncurried(ArrayBuffer.prototype.slice);

/** Where a value stands: a chain, because most places are never asked for. */
interface Place {
  in: Place | undefined;
  at: string | number;
  depth: number;
}

function placeIn(place: Place | undefined, at: string | number): Place {
  return { in: place, at, depth: place === undefined ? 1 : place.depth + 1 };
}

/** A copy that has yet to be filled. */
interface Open {
  place: Place | undefined;
  /** Puts what can be kept of its parts into it. */
  fill(place: Place | undefined): void;
}

/** Copies what is on one error, and on those that are in it: they share the limit. */
export class ValueKeeper {
  #left = MOST_OBJECTS;

  /** What can be kept of a value; undefined if that is nothing. */
  keep(value: unknown): Kept | undefined {
    const errors: Kept["errors"] = [];
    const kept = new Copying(
      (place, error) => errors[errors.length] = { path: pathOf(place), error },
      this.#spend,
    )
      .copy(value);
    return kept === LEFT_OUT ? undefined : { value: kept, errors };
  }

  readonly #spend = (): boolean => this.#left-- > 0;
}

/** One copy of a value. */
class Copying {
  readonly #onError: (place: Place | undefined, error: object) => void;
  readonly #spend: () => boolean;
  /** The copies that were made, by what they are of: circles stay circles. */
  readonly #copies = new Map<object, object>();
  /** In the order in which they were met: what is near comes first. */
  readonly #open: Open[] = [];

  constructor(onError: (place: Place | undefined, error: object) => void, spend: () => boolean) {
    this.#onError = onError;
    this.#spend = spend;
  }

  copy(value: unknown): unknown {
    const copy = this.#visit(value, undefined);
    for (let at = 0; at < this.#open.length; at++) {
      const { place, fill } = this.#open[at];
      fill(place);
    }
    return copy;
  }

  #visit(value: unknown, place: Place | undefined): unknown {
    if (typeof value === "function" || typeof value === "symbol") return LEFT_OUT;
    if (typeof value !== "object" || value === null) return value;
    const known = mapGet(this.#copies, value);
    if (known !== undefined) return known;
    try {
      if (isError(value)) {
        this.#onError(place, value);
        // Not undefined, which JSON leaves out (over a broker).
        return null;
      }
      return (place === undefined || place.depth < DEEPEST) && this.#spend()
        ? this.#copyOf(value, place)
        : LEFT_OUT;
    } catch {
      // A getter, a proxy or a toJSON() of the user's threw.
      return LEFT_OUT;
    }
  }

  #copyOf(value: object, place: Place | undefined): unknown {
    // A process takes the least, and nobody knows yet where an error will end.
    const kind = kindOf(value, "process");
    const tag = tagOf(value);
    switch (kind) {
      case "array":
        return this.#array(value as unknown[], place);
      case "map":
        return this.#map(value as Map<unknown, unknown>, place);
      case "set":
        return this.#set(value as Set<unknown>, place);
      case "view":
        return structuredClone(tag === "DataView" ? copyOfDataView(value as DataView) : sliceView(value));
      case "regexp":
        return copyOfRegExp(value as RegExp);
      case "whole":
        return structuredClone(value);
    }
    return tag === "Headers" ? fromHeaders(value as Headers) : this.#object(value, tag, place);
  }

  #array(source: unknown[], place: Place | undefined): unknown {
    const copy: unknown[] = [];
    const { length } = source;
    return this.#opened(source, copy, place, (place) => {
      const take = (at: number) => {
        const kept = this.#visit(read(source, at), placeIn(place, at));
        // Its neighbours keep their places.
        copy[at] = kept === LEFT_OUT ? undefined : kept;
      };
      if (length <= LONG) { for (let at = 0; at < length; at++) if (at in source) take(at); }
      else {
        const keys = keysOf(source);
        for (let k = 0; k < keys.length; k++) if (+keys[k] >= 0) take(+keys[k]);
      }
      copy.length = length;
    });
  }

  #map(source: Map<unknown, unknown>, place: Place | undefined): unknown {
    const copy = new Map();
    return this.#opened(source, copy, place, (place) => {
      let at = 0;
      mapForEach(source, (value, key) => {
        const keptKey = isError(key) ? LEFT_OUT : this.#visit(key, placeIn(place, NOWHERE));
        if (keptKey === LEFT_OUT) return;
        const kept = this.#visit(value, placeIn(place, at));
        if (kept === LEFT_OUT) return;
        mapSet(copy, keptKey, kept);
        at++;
      });
    });
  }

  #set(source: Set<unknown>, place: Place | undefined): unknown {
    const copy = new Set();
    return this.#opened(source, copy, place, (place) => {
      setForEach(source, (value) => {
        const kept = isError(value) ? LEFT_OUT : this.#visit(value, placeIn(place, NOWHERE));
        if (kept !== LEFT_OUT) setAdd(copy, kept);
      });
    });
  }

  #object(source: object, tag: string, place: Place | undefined): unknown {
    const own = FIELDS[tag] ?? keysOf(source);
    const keys: string[] = [];
    const values: unknown[] = [];
    for (let k = 0; k < own.length; k++) {
      const value = read(source, own[k]);
      if (value === LEFT_OUT || typeof value === "function" || typeof value === "symbol") continue;
      keys[keys.length] = own[k];
      values[values.length] = value;
    }
    if (keys.length === 0) {
      const json = (source as { toJSON?: unknown }).toJSON;
      if (typeof json === "function") {
        return this.#visitJson((source as { toJSON(): unknown }).toJSON(), place);
      }
      // What has nothing to keep: a promise, a stream. An object of the language is at least there.
      if (tag !== "Object" && tag !== "Module" || place === undefined && own.length > 0) return LEFT_OUT;
    }
    const copy = {};
    return this.#opened(source, copy, place, (place) => {
      for (let k = 0; k < keys.length; k++) {
        const kept = this.#visit(values[k], placeIn(place, keys[k]));
        if (kept !== LEFT_OUT) setOwn(copy, keys[k], kept);
      }
    });
  }

  /** What `toJSON()` gave is not asked for its own. */
  #visitJson(json: unknown, place: Place | undefined): unknown {
    if (typeof json === "object" && json !== null && keysOf(json).length === 0 && "toJSON" in json) {
      return LEFT_OUT;
    }
    return this.#visit(json, place);
  }

  #opened(source: object, copy: object, place: Place | undefined, fill: Open["fill"]): object {
    mapSet(this.#copies, source, copy);
    this.#open[this.#open.length] = { place, fill };
    return copy;
  }
}

/** Whether it is an error. One of another realm (`node:vm`) is no instance of ours. */
export function isError(value: unknown): value is Error {
  return typeof value === "object" && value !== null && (value instanceof Error || tagOf(value) === "Error");
}

/** Puts something where a path leads to. What is not as the path says is left alone. */
export function putAt(root: unknown, path: Path, value: unknown): void {
  let at = root;
  for (let k = 0; k < path.length; k++) {
    if (typeof at !== "object" || at === null) return;
    const isLast = k === path.length - 1;
    const key = path[k];
    if (at instanceof Map) {
      const [mapKey, inner] = [...at][key as number] ?? [];
      if (isLast) at.set(mapKey, value);
      at = inner;
    } else {
      if (!hasOwn(at, key)) return;
      if (isLast) setOwn(at, key, value);
      else at = (at as Record<string, unknown>)[key];
    }
  }
}

/** A property's value; what says that there is none if its getter throws. */
function read(source: object, key: string | number): unknown {
  try {
    return (source as Record<string, unknown>)[key];
  } catch {
    return LEFT_OUT;
  }
}

/** Of an HTTP client's error they are what says when to try again. */
function fromHeaders(headers: Headers): object {
  const copy = {};
  headers.forEach((value, name) => setOwn(copy, name, value));
  return copy;
}

function copyOfRegExp(pattern: RegExp): RegExp {
  const copy = structuredClone(pattern);
  copy.lastIndex = pattern.lastIndex;
  return copy;
}

function copyOfDataView({ buffer, byteOffset, byteLength }: DataView): DataView {
  return new DataView(sliceBuffer(buffer as ArrayBuffer, byteOffset, byteOffset + byteLength));
}

function pathOf(place: Place | undefined): Path {
  const path: Path = [];
  for (let at = place; at !== undefined; at = at.in) path[path.length] = at.at;
  for (let low = 0, high = path.length - 1; low < high; low++, high--) {
    const key = path[low];
    path[low] = path[high];
    path[high] = key;
  }
  return path;
}
