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
  readonly #byKey = new Map<string, TaskTarget>();
  readonly #sources = new WeakMap<TaskReference & object, string>();

  /**
   * The target for a task's name or function.
   *
   * @throws {TypeError} if it is neither, or a function that has no source text
   */
  find(task: TaskReference, encoding: Encoding | undefined): TaskTarget {
    const source = typeof task === "function" ? this.#sourceOf(task) : undefined;
    if (source === undefined && typeof task !== "string") {
      throw new TypeError(`A task is the name of an export, or a function, got ${typeof task}`);
    }
    const key = `${encoding?.input ?? ""}>${encoding?.output ?? ""} ${source === undefined ? "#" : "="}${
      source ?? task
    }`;
    const known = this.#byKey.get(key);
    if (known) return known;
    const name = typeof task === "string" ? task : task.name || "inline function";
    const target = { number: this.#byKey.size, spec: { name, source, encoding } };
    this.#byKey.set(key, target);
    return target;
  }

  #sourceOf(task: TaskReference & object): string {
    const known = this.#sources.get(task);
    if (known !== undefined) return known;
    const source = Function.prototype.toString.call(task);
    if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
      throw new TypeError(
        `Function "${task.name}" is native or bound: it has no source text to send to a worker`,
      );
    }
    this.#sources.set(task, source);
    return source;
  }
}
