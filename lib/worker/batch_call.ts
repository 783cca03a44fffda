/**
 * A task that takes a batch (`--batch`): one call for several inputs, with an outcome for each. An input that cannot be
 * read fails alone. A result that cannot be written fails alone, too. If the call throws, all its inputs fail.
 */

import { TaskCloneError } from "../errors.ts";
import { toErrorData } from "../wire/error_data.ts";
import { BATCH_FAILURE, type BatchFailure, type BatchResult } from "../wire/input_batch.ts";
import { keyOfSent, takeContent, takeKey } from "../wire/content_key.ts";
import type { Encoding } from "../wire/encoding.ts";
import { Lines, pack, unpack } from "../wire/lines.ts";
import { handleRejections } from "../wire/refused_promises.ts";
import type { TaskContext } from "./context.ts";
import { RunningTask } from "./running_task.ts";
import { collect, isRead } from "./generator.ts";
import { processTurn } from "./turns.ts";

/** The functions of a task: its body, and how its inputs are read and its results written. */
interface Parts {
  call: (input: unknown, context: TaskContext) => unknown;
  decode: ((input: unknown) => unknown) | undefined;
  /** Checks each input after it was read. */
  check?: (input: unknown) => unknown;
  encode: ((result: unknown) => unknown) | undefined;
  /** The source of inputs' keys; undefined if keys are made from the tasks' numbers. */
  keyed: Encoding["keyed"];
}

export function inBatches(parts: Parts): Pick<Parts, "call" | "decode" | "encode"> {
  return {
    call: (batch, context) => callWith(batch, context, parts),
    decode: undefined,
    encode: undefined,
  };
}

async function callWith(batch: unknown, context: TaskContext, target: Parts): Promise<BatchResult> {
  const { inputs, places, keys, failed } = await read(batch, target);
  if (context instanceof RunningTask) RunningTask.setBatch(context, { places, keys });
  const outcomes = inputs.length === 0 ? [] : await resultsOf(inputs, context, target.call, failed);
  const results: unknown[] = [];
  for (const [at, outcome] of outcomes.entries()) {
    try {
      results.push(target.encode ? target.encode(outcome) : outcome);
    } catch (error) {
      handleRejections(outcome);
      failed.push([places[at], toErrorData(new TaskCloneError("result", error))]);
    }
  }
  return { results: pack(results), failed };
}

/** Reads the inputs of a batch. `failed` has the errors of inputs that cannot be read. */
async function read(batch: unknown, { decode, check, keyed }: Parts) {
  const values = unpack(batch);
  const texts = values instanceof Lines ? values.toArray() : values;
  const inputs: unknown[] = [];
  const places: number[] = [];
  const sent: string[] = [];
  const failed: BatchResult["failed"] = [];
  for (const [at, came] of texts.entries()) {
    try {
      const text = withoutKey(came, keyed);
      const input = decode ? decode(text) : text;
      inputs.push(check ? await check(input) : input);
      places.push(at);
      sent.push(came as string);
    } catch (error) {
      failed.push([at, toErrorData(error)]);
    }
  }
  const keys = keyed && (() => sent.map((came) => keyOfSent(came, keyed)));
  return { inputs, places, keys, failed };
}

function withoutKey(came: unknown, keyed: Parts["keyed"]): unknown {
  if (keyed === "sent") return takeKey(came as string | Uint8Array).rest;
  return keyed === "content" && typeof came === "string" ? takeContent(came).text : came;
}

async function resultsOf(
  inputs: unknown[],
  context: TaskContext,
  call: Parts["call"],
  failed: BatchResult["failed"],
): Promise<unknown[]> {
  // Counted before the call, because the body may change the array.
  const given = inputs.length;
  try {
    const returned = await call(inputs, context);
    const results = isRead(returned)
      ? await collect(
        returned,
        { next: (generator) => generator.next(), turn: processTurn },
        () => context instanceof RunningTask && RunningTask.isAborted(context),
      )
      : returned;
    if (Array.isArray(results) && results.length === given) return results;
    handleRejections(results);
    if (!Array.isArray(results)) {
      throw new TypeError(
        `A task with --batch must return an array with one result per input, got ${kindOf(results)}`,
      );
    }
    throw new TypeError(
      `A task with --batch must return one result per input: it got ${given} inputs and returned ${results.length} results`,
    );
  } catch (error) {
    if (failed.length === 0) throw error;
    // Inputs that failed by themselves keep their own errors.
    const failure = new Error("The batch failed", { cause: error }) as BatchFailure;
    throw Object.assign(failure, { name: BATCH_FAILURE, failed });
  }
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
