/**
 * Numbers the functions that tasks name, so that a worker is told of each only once.
 *
 * @module
 */

import type { Encoding, TargetSpec } from "../wire/message.ts";

/** A function to run, by its number. */
export interface TaskTarget {
  number: number;
  spec: TargetSpec;
}

/** What a task may be given as: an export's name, or a self-contained function. */
// deno-lint-ignore no-explicit-any -- any function at all; its parameters are checked where it is handed in.
export type TaskReference = string | ((...args: any[]) => unknown);

/** All functions that one executor's tasks have named. */
export class TargetTable {
  /** Those without an encoding, by name: nearly all, and asked for with every task. */
  readonly #plain = new Map<string, TaskTarget>();
  readonly #byText = new Map<string, TaskTarget>();

  /**
   * The target for a task's name or function.
   *
   * @throws {TypeError} if it is neither, or a function that has no source text
   */
  find(task: TaskReference, encoding: Encoding | undefined): TaskTarget {
    if (encoding !== undefined || typeof task !== "string") return this.#findByText(task, encoding);
    let target = this.#plain.get(task);
    if (!target) this.#plain.set(task, target = this.#findByText(task, undefined));
    return target;
  }

  #findByText(task: TaskReference, encoding: Encoding | undefined): TaskTarget {
    const source = typeof task === "function" ? sourceOf(task) : undefined;
    if (source === undefined && typeof task !== "string") {
      throw new TypeError(`A task is the name of an export, or a function, got ${typeof task}`);
    }
    const { input, output, columns, batch, keyed } = encoding ?? {};
    const text = JSON.stringify([input, output, columns, batch, keyed, source ?? null, source ? null : task]);
    const known = this.#byText.get(text);
    if (known) return known;
    // A class may have a static `name` that is anything.
    const name = typeof task === "string" ? task : String(task.name || "inline function");
    const target = { number: this.#byText.size, spec: { name, source, encoding } };
    this.#byText.set(text, target);
    return target;
  }
}

function sourceOf(task: TaskReference & object): string {
  const source = Function.prototype.toString.call(task);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new TypeError(
      `Function "${task.name}" is native or bound: it has no source text to send to a worker`,
    );
  }
  return source;
}
