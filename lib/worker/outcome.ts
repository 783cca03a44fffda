/**
 * Makes the outcome of what a body returned: the value itself, everything that a generator yields, or undefined if the values were
 * streamed. If each value is an output of its own, what was sent before is missing. The outcome is text if the caller's encoding is text.
 */

import { TaskCloneError } from "../errors.ts";
import { oneText } from "../wire/many.ts";
import { handleRejections } from "../wire/refused_promises.ts";
import { RunningTask } from "./running_task.ts";
import { type AnyIterator, collect, type GeneratorRun, isGenerator, isRead } from "./generator.ts";
import type { OutputPump } from "./output_pump.ts";
import type { Slot } from "./running_tasks.ts";
import type { Target } from "./target.ts";

export interface OutcomeHost {
  runOf(slot: Slot): GeneratorRun;
  /** Opens the pump of outputs that are sent one by one. */
  openOutputs(slot: Slot, encode: ((value: unknown) => unknown) | undefined): OutputPump;
}

/** Returns the value to send, or a promise of it. Throws or rejects with the failure of the body. */
export function outcomeOf(result: unknown, slot: Slot, host: OutcomeHost): unknown {
  const { target, stream } = slot;
  if (stream !== undefined) return stream.run(result);
  const reads = target.encode !== undefined ? isRead(result) : isGenerator(result);
  if (target.each !== undefined && (!target.encode || reads)) {
    return host.openOutputs(slot, target.encode && ((value) => encode(value, target))).run(result);
  }
  if (!reads) {
    return target.each !== undefined ? oneText(encode(result, target) as string) : encode(result, target);
  }
  const values = collect(
    result as AnyIterator,
    host.runOf(slot),
    () => slot.task !== undefined && RunningTask.isAborted(slot.task),
  );
  return target.encode ? encodeAll(values, target) : values;
}

// Not by `then()`, which a task may have replaced.
async function encodeAll(values: Promise<unknown[]>, target: Target): Promise<unknown> {
  return encode(await values, target);
}

function encode(result: unknown, target: Target): unknown {
  if (target.encode === undefined) return result;
  try {
    return target.encode(result);
  } catch (error) {
    handleRejections(result);
    throw new TaskCloneError("result", error);
  }
}
