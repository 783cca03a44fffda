/** Checks the name and the amount that a body passes to a function of its context. */

import { isFinite, JSON, setAdd, setHas, uncurried } from "../wire/intrinsics.ts";

const { Set, String, TypeError } = globalThis;
const sizeOf = uncurried(
  Object.getOwnPropertyDescriptor(Set.prototype, "size")!.get as (this: Set<unknown>) => number,
);
const slice = uncurried(String.prototype.slice);

/** Maximum length of a name, in characters. A guess: a longer one is no name, and a summary has no room for it. */
const LONGEST_NAME = 100;

/**
 * Maximum number of names on one worker. A guess. Without a limit, a task that passes its input as the name would fill the
 * memory of the caller with sums, and the screen with names.
 */
const MOST_NAMES = 1_000;

export class Amounts {
  readonly #names = new Set<string>();

  /**
   * Checks the arguments of `context.count`, or of another function with a name and an amount.
   *
   * @throws {TypeError} if the name is no text of 1 to 100 characters, the amount is no finite number or less than `least`, or there
   * are too many names
   */
  check(call: string, name: unknown, amount: unknown, least = -Infinity): void {
    if (typeof name !== "string" || name === "" || name.length > LONGEST_NAME) {
      throw new TypeError(
        `context.${call}() needs a name as its first argument, a text of 1 to ${LONGEST_NAME} characters, got ${
          shown(name)
        }`,
      );
    }
    if (typeof amount !== "number" || !isFinite(amount) || amount < least) {
      const range = least === -Infinity ? "" : ` of at least ${least}`;
      throw new TypeError(
        `context.${call}(${JSON.stringify(name)}, …) needs a finite number${range} as its amount, got ${
          shown(amount)
        }`,
      );
    }
    if (setHas(this.#names, name)) return;
    if (sizeOf(this.#names) >= MOST_NAMES) {
      throw new TypeError(
        `context.${call}() takes at most ${MOST_NAMES} names on a worker, and ${
          JSON.stringify(name)
        } is one more: ` +
          "name the kind of thing that is counted, not the input",
      );
    }
    setAdd(this.#names, name);
  }
}

function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 40 ? `${slice(value, 0, 40)}…` : value);
    case "bigint":
      return `the bigint ${value}n`;
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    default:
      return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
  }
}
