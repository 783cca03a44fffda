/**
 * What each input of a map has for itself among its task's options: what moves with it, its signal, its time-out.
 *
 * @module
 */

import { functionOf, listOf, signalOf, time } from "../checks.ts";
import type { ResolvedTaskOptions } from "../options.ts";
import type { MapOptions } from "../types.ts";

/** The options of a map that may be functions of an input. */
export type InputOptions = Pick<MapOptions<never>, "transfer" | "inputSignal" | "timeout">;

/** The options of the task of one input. */
export type OptionsOfInput = (input: unknown, index: number) => ResolvedTaskOptions;

/**
 * Undefined if all inputs have what they `share`. What the function throws is the failure of that input alone.
 *
 * @throws {TypeError} if one is no function
 */
export function optionsOfInputs(
  { transfer, inputSignal, timeout }: InputOptions,
  shared: ResolvedTaskOptions,
): OptionsOfInput | undefined {
  functionOf("transfer", transfer);
  functionOf("inputSignal", inputSignal);
  const timeoutOf = typeof timeout === "function" ? timeout : undefined;
  if (!transfer && !inputSignal && !timeoutOf) return undefined;
  return (given, index) => {
    const input = given as never;
    return {
      ...shared,
      transfer: transfer && listOf("transfer", transfer(input)),
      signal: signalOf("inputSignal", inputSignal?.(input, index)) ?? shared.signal,
      timeout: time("timeout", timeoutOf?.(input, index) ?? shared.timeout),
    };
  };
}
