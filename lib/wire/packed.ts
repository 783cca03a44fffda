/**
 * Prepares a value for sending. Refuses a value that would arrive changed, and names its place. Errors, a `RegExp`'s
 * `lastIndex` and views of large buffers, which the platform's clone would change, are sent in another form.
 */

import { TaskCloneError } from "../errors.ts";
import { type ErrorData, toErrorData } from "./error_data.ts";
import {
  JSON,
  keysOf,
  mapForEach,
  mapGet,
  mapSet,
  setAdd,
  setForEach,
  setHas,
  setOwn,
} from "./intrinsics.ts";
import { isOutputList } from "./many.ts";
import { elementKey, elementOf, type Place } from "./place.ts";
import { isPlain } from "./plain.ts";
import { misfit } from "./uncloneable.ts";
import { type Boundary, kindOf } from "./value_kind.ts";
import { bufferOf } from "./view_facts.ts";
import { copyAlone, usesLittle, ViewParts } from "./view_parts.ts";

/** A value in the form in which it is sent. Objects keep their identity within a message, so the receiver finds each stand-in. */
export interface Packed {
  value: unknown;
  stands: Stand[];
}

/** An instruction to the receiver: replace `object` by an error, or set the `lastIndex` of a regular expression. */
type Stand = [object: object, error: ErrorData] | [object: RegExp, lastIndex: number];

/** How a value is sent. All properties are set, because a task may add some to all objects. */
interface Crossing {
  boundary: Boundary;
  /** The values that are moved with it. */
  moved: readonly unknown[] | undefined;
}

/** Maximum nesting of a value. The platforms' clones have stack for some 1,700 levels. Beyond that, some lose the message or the worker. */
const MOST_LEVELS = 1_000;

const { Array, ArrayBuffer, Map, Set } = globalThis;
const { is } = Object;
const { isView } = ArrayBuffer;

/**
 * Returns the form in which a value is sent. This is the value itself, without stand-ins, if its clone is equal.
 *
 * @throws {MisfitError} if the value would arrive changed, or cannot be sent
 */
export function packValue(value: unknown, crossing: Crossing): Packed {
  if (!crossing.moved && isPlain(value)) return { value, stands: [] };
  // Nearly every Buffer of Node is a small part of a large buffer.
  if (!crossing.moved && isView(value) && usesLittle(value)) return { value: copyAlone(value), stands: [] };
  const packer = new Packer(crossing);
  packer.look(value, undefined, 0);
  return packer.pack(value);
}

/**
 * Returns the form in which the executor's `workerData` is sent.
 *
 * @throws {TaskCloneError} if the data would arrive changed, or cannot be sent
 */
export function packWorkerData(data: unknown, boundary: Boundary): Packed {
  try {
    return packValue(data, { boundary, moved: undefined });
  } catch (error) {
    throw new TaskCloneError("workerData", error);
  }
}

class Packer {
  readonly #crossing: Crossing;
  readonly #moved: Set<unknown>;
  readonly #seen = new Set<object>();
  readonly #stands: Stand[] = [];
  readonly #views = new ViewParts();
  readonly #copies = new Map<object, unknown>();
  #hasErrors = false;

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
    this.#moved = new Set(crossing.moved);
  }

  /** Checks a value and all its parts. Throws if a part cannot be sent. */
  look(value: unknown, place: Place | undefined, level: number): void {
    if (typeof value === "function" || typeof value === "symbol") throw misfit(place, `is a ${typeof value}`);
    if (typeof value !== "object" || value === null || setHas(this.#seen, value)) return;
    setAdd(this.#seen, value);
    if (setHas(this.#moved, value)) return;
    if (level > MOST_LEVELS) throw misfit(undefined, `is nested more than ${MOST_LEVELS} levels deep`);
    const kind = reading(place, () => kindOf(value, this.#crossing.boundary));
    switch (kind) {
      case "array":
      case "fields":
        return this.#lookAtFields(value, kind, place, level + 1);
      case "map":
        mapForEach(value as Map<unknown, unknown>, (content, key) => {
          this.look(key, { in: place, at: { call: "keys()" } }, level + 1);
          this.look(content, { in: place, at: { call: getting(key) } }, level + 1);
        });
        return;
      case "set":
        setForEach(value as Set<unknown>, (element) => this.look(element, elementOf(place), level + 1));
        return;
      case "error":
        this.#hasErrors = true;
        return;
      case "regexp":
        return this.#lookAtRegExp(value as RegExp, place);
      case "view":
        return this.#lookAtView(value as ArrayBufferView);
      case "whole":
        if (value instanceof ArrayBuffer) this.#views.keep(value);
        return;
      default:
        throw misfit(place, kind.what, kind.instead);
    }
  }

  /** Returns the form in which a value is sent that {@link look} has accepted. */
  pack(value: unknown): Packed {
    const asItIs = !this.#hasErrors && !this.#views.isAnyLittle;
    return { value: asItIs ? value : this.#copy(value), stands: this.#stands };
  }

  #lookAtFields(value: object, kind: "array" | "fields", place: Place | undefined, level: number): void {
    const keys = reading(place, () => keysOf(value));
    const isList = kind === "array" && isOutputList(value);
    for (let k = 0; k < keys.length; k++) {
      const inside = isList ? undefined : { in: place, at: kind === "array" ? elementKey(keys[k]) : keys[k] };
      this.look(reading(inside, () => (value as Record<string, unknown>)[keys[k]]), inside, level);
    }
  }

  #lookAtRegExp(regExp: RegExp, place: Place | undefined): void {
    const lastIndex: unknown = regExp.lastIndex;
    // A program may have set it to anything.
    if (typeof lastIndex !== "number") {
      throw misfit(place, `is a RegExp whose lastIndex is a ${typeof lastIndex}`);
    }
    if (!is(lastIndex, 0)) this.#stands[this.#stands.length] = [regExp, lastIndex];
  }

  #lookAtView(view: ArrayBufferView): void {
    const buffer = bufferOf(view);
    if (setHas(this.#moved, buffer)) this.#views.keep(buffer);
    else this.#views.add(view);
  }

  /** Returns a copy of a container, in which stand-ins can replace some parts. */
  #copy(value: unknown): unknown {
    if (typeof value !== "object" || value === null || setHas(this.#moved, value)) return value;
    const known = mapGet(this.#copies, value);
    if (known !== undefined) return known;
    const kind = kindOf(value, this.#crossing.boundary);
    switch (kind) {
      case "array":
        return this.#copyFields(value, new Array((value as unknown[]).length));
      case "fields":
        return this.#copyFields(value, {});
      case "map": {
        const copy = this.#keep(value, new Map<unknown, unknown>());
        mapForEach(
          value as Map<unknown, unknown>,
          (content, key) => void mapSet(copy, this.#copy(key), this.#copy(content)),
        );
        return copy;
      }
      case "set": {
        const copy = this.#keep(value, new Set<unknown>());
        setForEach(value as Set<unknown>, (element) => void setAdd(copy, this.#copy(element)));
        return copy;
      }
      case "error": {
        const stand = this.#keep(value, {});
        this.#stands[this.#stands.length] = [stand, toErrorData(value)];
        return stand;
      }
      case "view":
        return this.#keep(value, this.#views.cut(value as ArrayBufferView));
      default:
        return value;
    }
  }

  #copyFields(value: object, copy: object): object {
    this.#keep(value, copy);
    const keys = keysOf(value);
    for (let k = 0; k < keys.length; k++) {
      setOwn(copy, keys[k], this.#copy((value as Record<string, unknown>)[keys[k]]));
    }
    return copy;
  }

  /** Notes a copy before its content is copied, because a value may contain itself. */
  #keep<T extends object>(value: object, copy: T): T {
    mapSet(this.#copies, value, copy);
    return copy;
  }
}

function getting(key: unknown): string {
  return typeof key === "string" || typeof key === "number" ? `get(${JSON.stringify(key)})` : "values()";
}

/** Returns what a getter or a proxy's trap returns. If that throws, throws an error with the place. */
function reading<T>(place: Place | undefined, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw misfit(place, `cannot be read: ${words}`, undefined, cause);
  }
}
