/**
 * Makes the outcome of what a body returned: the value itself, everything that a generator yields, or undefined if the
 * values were streamed. The outcome is text if the caller's encoding is text.
 *
 * @module
 */

import { TaskCloneError } from "../errors.ts";
import { RunningTask } from "./context.ts";
import { collect, type GeneratorRun, isGenerator } from "./generator.ts";
import type { Slot } from "./running_tasks.ts";
import type { Target } from "./target.ts";

/**
 * Returns the value to send, or a promise of it. Throws or rejects with the failure of the body. `runOf` returns how to
 * run a generator.
 */
export function outcomeOf(result: unknown, slot: Slot, runOf: (slot: Slot) => GeneratorRun): unknown {
  const { target, pump } = slot;
  if (pump) return pump.run(result);
  if (!isGenerator(result)) return encode(result, target);
  const values = collect(
    result,
    runOf(slot),
    () => slot.task !== undefined && RunningTask.isAborted(slot.task),
  );
  return target.encode ? values.then((values) => encode(values, target)) : values;
}

function encode(result: unknown, target: Target): unknown {
  if (!target.encode) return result;
  try {
    return target.encode(result);
  } catch (error) {
    throw new TaskCloneError("result", error);
  }
}

/** Whether a body returned a promise, or another object with `then`. May throw the error of a getter `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
