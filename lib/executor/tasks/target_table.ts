/** Numbers the functions of tasks, so that a worker is told of each function only once. */

import type { Encoding, TargetSpec } from "../../wire/encoding.ts";

export interface TaskTarget {
  /** The number by which workers know it. Another target gets this number when nothing refers to this target any more. */
  number: number;
  /** Distinguishes it from all targets that ever had its number. */
  id: number;
  spec: TargetSpec;
}

/**
 * Maximum number of targets in the table. A guess: more than a program has that makes no functions as it runs. A target that was
 * forgotten is a new one when it is used again.
 */
const MOST = 1_000;

/** A task as the caller names it: the name of an export, or a self-contained function. */
// deno-lint-ignore no-explicit-any -- any function at all; its parameters are checked where it is handed in.
export type TaskReference = string | ((...args: any[]) => unknown);

/** The targets of one executor. A program that makes new functions for ever does not fill the memory with them. */
export class TargetTable {
  /** Targets without an encoding, by name. Nearly all are, and each task looks one up. */
  readonly #plain = new Map<string, TaskTarget>();
  readonly #byText = new Map<string, TaskTarget>();
  #lastId = 0;
  #numbers = 0;
  /** Numbers of targets to which nothing refers any more, so that no task has them, here or on a worker. */
  readonly #free: number[] = [];
  readonly #collected = new FinalizationRegistry<number>((number) => void this.#free.push(number));

  /**
   * Finds the target of a task, or adds it.
   *
   * @throws {TypeError} if the task is neither a name nor a function, or the function has no source text
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
    const { input, inputRows, output, columns, rows, batch, keyed, each, timed, adds, prints } = encoding ??
      {};
    const text = JSON.stringify([
      input,
      inputRows,
      output,
      columns,
      rows,
      batch,
      keyed,
      timed,
      // As text, because JSON has no infinity.
      String(each?.held),
      adds,
      prints,
      source ?? null,
      source ? null : task,
    ]);
    const known = this.#byText.get(text);
    if (known) return known;
    // A class may have a static `name` that is no string.
    const name = typeof task === "string" ? task : String(task.name || "inline function");
    const number = this.#free.pop() ?? this.#numbers++;
    const target = { number, id: ++this.#lastId, spec: { name, source, encoding } };
    this.#collected.register(target, number);
    this.#byText.set(text, target);
    if (this.#byText.size > MOST) this.#forgetOldest();
    return target;
  }

  #forgetOldest(): void {
    const [[text, target]] = this.#byText;
    this.#byText.delete(text);
    if (this.#plain.get(target.spec.name) === target) this.#plain.delete(target.spec.name);
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
