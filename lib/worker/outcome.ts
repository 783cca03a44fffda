/**
 * The outcome of what a body returned: the value itself, everything that a generator yields, or nothing where the values
 * were streamed. It is text where the caller deals in text.
 *
 * @module
 */

import { TaskCloneError } from "../errors.ts";
import { RunningTask } from "./context.ts";
import { collect, type GeneratorRun, isGenerator } from "./generator.ts";
import type { Slot } from "./running_tasks.ts";
import type { Target } from "./target.ts";

/** The value to send, or a promise of it. Throws, or rejects, what the body is to fail with. `runOf` says how a generator is run. */
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

/** Whether a body returned something to wait for. May throw what a getter `then` throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
