/**
 * Copies the parts of a value that can be cloned, and leaves out the rest. The value was thrown, or is a property of an
 * error. Such values are not made for sending: the error of an HTTP client refers to functions, sockets and itself.
 */

import { attempt } from "./attempt.ts";
import {
  keysOf,
  mapForEach,
  mapGet,
  mapSet,
  partOf,
  setAdd,
  setForEach,
  setOwn,
  tagOf,
} from "./intrinsics.ts";
import { type Path, pathTo, type Step, stepFrom } from "./path.ts";
import { handleRejections } from "./refused_promises.ts";
import { kindOf } from "./value_kind.ts";
import { copyAlone } from "./view_parts.ts";

interface Kept {
  value: unknown;
  /** The errors in the value, each with its path. The copy has null in place of each. */
  errors: { path: Path; error: object }[];
}

/**
 * Maximum number of objects that are copied for one error. Objects near the error are copied first. A guess: the
 * request of an HTTP client has some hundreds, and the fields that callers read are among the first.
 */
const MOST_OBJECTS = 10_000;

/** Maximum depth that is copied. The platform's clone is recursive, and its stack allows some thousand levels. */
const DEEPEST = 200;

/** Longer arrays are copied key by key, because they may consist of holes. */
const LONG = 65_536;

/** Replaces a key of a map or an element of a set in a path. An error there cannot be restored. */
const NOWHERE = -1;

/** Stands for a part that cannot be copied. */
const LEFT_OUT = Symbol("left out");

/** The fields that are kept of the Web's objects, beside own properties. */
const FIELDS: Record<string, string[]> = {
  __proto__: null as never,
  Response: ["status", "statusText", "ok", "url", "redirected", "type", "headers"],
  Request: ["method", "url", "headers"],
  Event: ["type"],
  CloseEvent: ["type", "code", "reason", "wasClean"],
  CustomEvent: ["type", "detail"],
  ErrorEvent: ["type", "message", "filename", "lineno", "colno", "error"],
  MessageEvent: ["type", "data"],
  PromiseRejectionEvent: ["type", "reason"],
};

/** An own property of each event that says nothing of the failure. */
const TRUSTED = "isTrusted";

const { structuredClone, Error, Map, Set } = globalThis;

/** A copy that is still to be filled. */
interface Open {
  place: Step | undefined;
  /** Copies the parts that can be cloned. */
  fill(place: Step | undefined): void;
}

/** The number of objects that may still be copied. An error and its nested errors share one budget. */
interface Budget {
  objects: number;
}

export function newBudget(): Budget {
  return { objects: MOST_OBJECTS };
}

/** Returns the parts of a value that can be cloned; undefined if there are none. */
export function keepValue(value: unknown, budget: Budget): Kept | undefined {
  const copying = new Copying(budget);
  const kept = copying.copy(value);
  return kept === LEFT_OUT ? undefined : { value: kept, errors: copying.errors };
}

class Copying {
  readonly errors: Kept["errors"] = [];
  readonly #budget: Budget;
  /** The copies by their originals, so that cycles stay cycles. */
  readonly #copies = new Map<object, object>();
  /** Copies to be filled, in the order in which their originals were found: objects near the error come first. */
  readonly #open: Open[] = [];
  /** The last value that a `toJSON()` returned. Its own `toJSON()` is not called. */
  #json: unknown;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  copy(value: unknown): unknown {
    const copy = this.#visit(value, undefined);
    for (let at = 0; at < this.#open.length; at++) {
      const { place, fill } = this.#open[at];
      // If a proxy throws, the copy has what was read before.
      attempt(() => fill(place));
    }
    return copy;
  }

  #visit(value: unknown, place: Step | undefined): unknown {
    if (typeof value === "function" || typeof value === "symbol") return LEFT_OUT;
    if (typeof value !== "object" || value === null) return value;
    const known = mapGet(this.#copies, value);
    if (known !== undefined) return known;
    try {
      if (isError(value)) {
        this.errors[this.errors.length] = { path: pathTo(place), error: value };
        // Not undefined, because JSON (over a broker) leaves it out.
        return null;
      }
      return (place === undefined || place.depth < DEEPEST) && this.#budget.objects-- > 0
        ? this.#copyOf(value, place)
        : LEFT_OUT;
    } catch {
      // A getter, a proxy or a `toJSON()` in user code threw.
      return LEFT_OUT;
    }
  }

  #copyOf(value: object, place: Step | undefined): unknown {
    // A process accepts the fewest values, and the error may be sent on to one.
    const kind = attempt(() => kindOf(value, "process"), "fields");
    const tag = attempt(() => tagOf(value), "Object");
    switch (kind) {
      case "array":
        return this.#array(value as unknown[], place);
      case "map":
        return this.#map(value as Map<unknown, unknown>, place);
      case "set":
        return this.#set(value as Set<unknown>, place);
      case "view":
        return copyAlone(value as ArrayBufferView);
      case "regexp":
        return copyOfRegExp(value as RegExp);
      case "whole":
        return structuredClone(value);
    }
    if (tag === "Promise") handleRejections(value);
    // A tag is believed only of an object that is not plain data.
    if (kind === "fields") return this.#object(value, tag, keysOf(value), place);
    if (tag === "Headers") return fromHeaders(value as Headers);
    return this.#object(value, tag, fieldsOf(value, tag), place);
  }

  #array(source: unknown[], place: Step | undefined): unknown {
    const copy: unknown[] = [];
    const { length } = source;
    return this.#opened(source, copy, place, (place) => {
      const take = (at: number) => {
        const kept = this.#visit(read(source, at), stepFrom(place, at));
        // Not left out, so that later elements keep their index.
        copy[at] = kept === LEFT_OUT ? undefined : kept;
      };
      if (length <= LONG) {
        for (let at = 0; at < length; at++) if (attempt(() => at in source, true)) take(at);
      } else {
        const keys = keysOf(source);
        for (let k = 0; k < keys.length; k++) if (+keys[k] >= 0) take(+keys[k]);
      }
      copy.length = length;
    });
  }

  #map(source: Map<unknown, unknown>, place: Step | undefined): unknown {
    const copy = new Map();
    return this.#opened(source, copy, place, (place) => {
      let at = 0;
      mapForEach(source, (value, key) => {
        const keptKey = isError(key) ? LEFT_OUT : this.#visit(key, stepFrom(place, NOWHERE));
        if (keptKey === LEFT_OUT) return;
        const kept = this.#visit(value, stepFrom(place, at));
        if (kept === LEFT_OUT) return;
        mapSet(copy, keptKey, kept);
        at++;
      });
    });
  }

  #set(source: Set<unknown>, place: Step | undefined): unknown {
    const copy = new Set();
    return this.#opened(source, copy, place, (place) => {
      setForEach(source, (value) => {
        const kept = isError(value) ? LEFT_OUT : this.#visit(value, stepFrom(place, NOWHERE));
        if (kept !== LEFT_OUT) setAdd(copy, kept);
      });
    });
  }

  /** Copies the properties with the keys `own`. */
  #object(source: object, tag: string, own: string[], place: Step | undefined): unknown {
    const keys: string[] = [];
    const values: unknown[] = [];
    for (let k = 0; k < own.length; k++) {
      const value = read(source, own[k]);
      if (value === LEFT_OUT || typeof value === "function" || typeof value === "symbol") continue;
      keys[keys.length] = own[k];
      values[values.length] = value;
    }
    if (keys.length === 0) {
      if (typeof read(source, "toJSON") === "function") {
        if (source === this.#json) return LEFT_OUT;
        this.#json = (source as { toJSON(): unknown }).toJSON();
        return this.#json === undefined ? LEFT_OUT : this.#visit(this.#json, place);
      }
      // A promise or a stream has nothing to copy. For a plain object, at least an empty one is kept.
      if (tag !== "Object" && tag !== "Module" || place === undefined && own.length > 0) return LEFT_OUT;
    }
    const copy = {};
    return this.#opened(source, copy, place, (place) => {
      for (let k = 0; k < keys.length; k++) {
        const kept = this.#visit(values[k], stepFrom(place, keys[k]));
        if (kept !== LEFT_OUT) setOwn(copy, keys[k], kept);
      }
    });
  }

  #opened(source: object, copy: object, place: Step | undefined, fill: Open["fill"]): object {
    mapSet(this.#copies, source, copy);
    this.#open[this.#open.length] = { place, fill };
    return copy;
  }
}

/** Whether the value is an error. An error of another realm (`node:vm`) is not an instance of this realm's `Error`. */
export function isError(value: unknown): value is Error {
  return typeof value === "object" && value !== null &&
    attempt(() => value instanceof Error || tagOf(value) === "Error", false);
}

/** Returns a property's value; {@link LEFT_OUT} if its getter throws. */
function read(source: object, key: string | number): unknown {
  return attempt(() => (source as Record<string, unknown>)[key], LEFT_OUT);
}

/** Returns the keys of what is kept of an object of the Web, or of any other class. */
function fieldsOf(source: object, tag: string): string[] {
  const fields = FIELDS[tag];
  const own = keysOf(source);
  if (!fields) return own;
  const keys = partOf(fields, 0, fields.length) as string[];
  for (let k = 0; k < own.length; k++) if (own[k] !== TRUSTED) keys[keys.length] = own[k];
  return keys;
}

/** Returns headers as an object. The headers on an HTTP client's error say when to try again. */
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
