/**
 * Numbers the functions that tasks name, so that a worker is told of each only once.
 *
 * @module
 */

import type { Encoding, TargetSpec } from "../../wire/message.ts";

/** A function to run. */
export interface TaskTarget {
  /** By which workers know it. Another target has the same once nothing refers to this one any more. */
  number: number;
  /** Tells it from all others that ever had its number. */
  id: number;
  spec: TargetSpec;
}

/**
 * So many targets are known at a time: more than a program has that does not make functions as it runs. One that was
 * forgotten is a new one when it is named again.
 */
const MOST = 1_000;

/** What a task may be given as: an export's name, or a self-contained function. */
// deno-lint-ignore no-explicit-any -- any function at all; its parameters are checked where it is handed in.
export type TaskReference = string | ((...args: any[]) => unknown);

/** The functions that one executor's tasks have named. A program that makes new ones for ever fills no memory with them. */
export class TargetTable {
  /** Those without an encoding, by name: nearly all, and asked for with every task. */
  readonly #plain = new Map<string, TaskTarget>();
  readonly #byText = new Map<string, TaskTarget>();
  #lastId = 0;
  #numbers = 0;
  /** Numbers of targets that nothing refers to: no task has them, here or on a worker. */
  readonly #free: number[] = [];
  readonly #collected = new FinalizationRegistry<number>((number) => void this.#free.push(number));

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
